import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cosmiconfig } from 'cosmiconfig';
import { BuildError, problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { ConfigContext, ConfigLayer } from './define.ts';

export interface LoadedConfig {
  /** As people know it: from where they stand. */
  readonly file: string;
  /** Its folder, absolute. */
  readonly dir: string;
  readonly layer: ConfigLayer;
}

export interface LoadOptions {
  readonly cwd: string;
  /** `--config`; absent: looked for. */
  readonly path?: string;
  /** For a config that is a function. */
  readonly context: ConfigContext;
}

export const searchPlaces: readonly string[] = ['ts', 'mts', 'js', 'mjs'].map((ending) => `build.config.${ending}`);

/** The config that is named, or the nearest one from the current directory up to the root of the repository. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig | undefined> {
  const { cwd, path } = options;
  const found = path === undefined ? await findConfig(cwd) : await namedConfig(resolve(cwd, path), cwd);
  if (found === undefined) return undefined;
  const file = displayName(found, cwd);
  const exported = await importConfig(found, file);
  const sign = path === undefined ? signOfOtherTool(exported) : undefined;
  if (sign !== undefined) throw problem('CONFIG_OF_OTHER_TOOL', { file, sign });
  const layer = typeof exported === 'function' ? await callConfig(exported, options.context, found, file) : exported;
  if (typeof layer !== 'object' || layer === null || Array.isArray(layer)) {
    const text =
      exported === undefined ? 'is missing; write export default defineConfig({ … }).' : 'must be an object.';
    throw problem('CONFIG_INVALID', { file, issues: [{ path: 'the default export', text }] });
  }
  return { file, dir: dirname(found), layer };
}

/**
 * cosmiconfig only finds the file: its loaders would evaluate a config that fails a second time and tell of the second
 * failure, and its search passes over one whose own code runs into a missing file. It is asked folder by folder, as its
 * own way up ends in the user's config folder: no place for one project's images, and one that may not be readable.
 */
async function findConfig(cwd: string): Promise<string | undefined> {
  const find = (path: string): string => path;
  const explorer = cosmiconfig('strake', {
    searchPlaces: [...searchPlaces],
    searchStrategy: 'none',
    loaders: { '.ts': find, '.mts': find, '.js': find, '.mjs': find },
    cache: false,
  });
  const root = repositoryRoot(cwd);
  for (let dir = cwd; ; dir = dirname(dir)) {
    const found = await explorer.search(dir);
    if (found) return found.filepath;
    if (dir === root) return undefined;
  }
}

/** The nearest folder above that holds a repository; without one the current directory alone is searched. */
function repositoryRoot(cwd: string): string {
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (['.git', '.hg', '.jj', '.svn'].some((mark) => existsSync(join(dir, mark)))) return dir;
    if (dirname(dir) === dir) return cwd;
  }
}

async function namedConfig(path: string, cwd: string): Promise<string> {
  if (existsSync(path)) return path;
  const names = await readdir(dirname(path)).catch((): string[] => []);
  const near = nearest(
    basename(path),
    names.filter((name) => /\.(?:ts|mts|js|mjs)$/.test(name)),
  );
  throw problem('CONFIG_NOT_FOUND', {
    path: displayName(path, cwd),
    ...(near !== undefined && { nearest: displayName(join(dirname(path), near), cwd) }),
  });
}

function displayName(path: string, cwd: string): string {
  const fromHere = relative(cwd, path);
  return fromHere.startsWith('../../..') ? path : fromHere;
}

async function importConfig(path: string, file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(await realpath(path)).href)) as Readonly<Record<string, unknown>>;
    return module['default'];
  } catch (error) {
    throw notLoaded(error, path, file);
  }
}

async function callConfig(exported: Function, context: ConfigContext, path: string, file: string): Promise<unknown> {
  try {
    return await (exported as (context: ConfigContext) => unknown)(context);
  } catch (error) {
    throw notLoaded(error, path, file);
  }
}

function notLoaded(error: unknown, path: string, file: string): Error {
  if (BuildError.is(error)) return error;
  const { name, message, code, stack = '' } = error as NodeJS.ErrnoException;
  const place = placeIn(stack, path, file);
  const reason = error instanceof Error ? `${code ?? name}: ${message.trim()}` : String(error);
  return problem('CONFIG_NOT_LOADED', { file, reason, ...(place !== undefined && { place }) }, {}, { cause: error });
}

/** The first frame in the config or in a file beside or below it; frames of our own loader tell nothing. */
function placeIn(stack: string, path: string, file: string): string | undefined {
  const own = dirname(fileURLToPath(import.meta.url));
  for (const [, at, line] of stack.matchAll(/(?:file:\/\/)?(\/[^()\n]*?\.[cm]?[jt]s):(\d+)/g)) {
    if (!at!.startsWith(`${dirname(path)}/`) || dirname(at!) === own) continue;
    return `${at === path ? file : at}:${line}`;
  }
  return undefined;
}

/** `build.config.ts` is also what a library bundler reads. */
function signOfOtherTool(exported: unknown): string | undefined {
  if (Array.isArray(exported)) return 'exports a list';
  if (typeof exported !== 'object' || exported === null) return undefined;
  const key = ['entries', 'entry', 'rollup', 'bundle', 'declaration'].find((name) => name in exported);
  return key === undefined ? undefined : `has "${key}"`;
}
