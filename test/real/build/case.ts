/** Cases: a folder each, with a Dockerfile whose first comment says what it proves. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, cp, lstat, lutimes, lchown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OrdinaryUser } from '../../support/ordinary-user.ts';

/** What `case.ts` of a folder exports as `settings`. */
export interface CaseSettings {
  readonly args?: Readonly<Record<string, string>>;
  /** Arguments that stand for a prefix of base names: they get the registry's name in front. */
  readonly baseArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: string;
  /** The case is about when things were changed. */
  readonly times?: boolean;
  /** Why an ordinary user cannot build it. */
  readonly onlyRoot?: string;
  /** The Dockerfile lies in the context. */
  readonly dockerfileInContext?: boolean;
  /** Adds to a copy of the context what git cannot hold. */
  prepare?(context: string): Promise<void>;
}

export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly dockerfile: string;
  readonly settings: CaseSettings;
  /** Does any command run? */
  readonly runs: boolean;
}

/** A case on disk, ready to be built. */
export interface PreparedCase {
  readonly context: string;
  readonly dockerfile: string;
  /** Of both kinds. */
  readonly args: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('./cases', import.meta.url));

/** Times of everything in a context, unless a case says otherwise: none is the day of the test. */
const contextTime = 1_700_000_000;

export async function loadCases(): Promise<readonly Case[]> {
  const names = readdirSync(root).filter((name) => existsSync(join(root, name, 'Dockerfile')));
  return Promise.all(names.sort().map(loadCase));
}

async function loadCase(name: string): Promise<Case> {
  const folder = join(root, name);
  const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8');
  const script = join(folder, 'case.ts');
  const loaded = existsSync(script)
    ? ((await import(pathToFileURL(script).href)) as { settings: CaseSettings })
    : { settings: {} };
  const runs = /^\s*(?:onbuild\s+)?run\b/im.test(dockerfile) || dockerfile.includes('base/onbuild');
  return { name, folder, dockerfile, settings: loaded.settings, runs };
}

/** Text of a file of the case's folder. */
export function expectedText(one: Case, file: string): string | undefined {
  const path = join(one.folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Puts a case into an empty directory, with `base/…` being images of the registry `host`. */
export async function prepareCase(
  one: Case,
  directory: string,
  host: string,
  user?: OrdinaryUser,
): Promise<PreparedCase> {
  const { settings } = one;
  const context = join(directory, 'context');
  await mkdir(context);
  await chmod(context, 0o755);
  if (existsSync(join(one.folder, 'context')))
    await cp(join(one.folder, 'context'), context, { recursive: true, verbatimSymlinks: true });
  const dockerfile = join(settings.dockerfileInContext === true ? context : directory, 'Dockerfile');
  await writeFile(dockerfile, withRegistry(one.dockerfile, host));
  const ignore = join(one.folder, 'Dockerfile.dockerignore');
  if (existsSync(ignore)) await cp(ignore, `${dockerfile}.dockerignore`);
  await walk(directory, asCheckedOut);
  await settings.prepare?.(context);
  if (user !== undefined) await walk(directory, (path) => give(path, user));
  const prefixes = Object.entries(settings.baseArgs ?? {}).map(
    ([name, prefix]) => [name, `${host}/${prefix}`] as const,
  );
  return { context, dockerfile, args: { ...Object.fromEntries(prefixes), ...settings.args } };
}

/** Base names of a Dockerfile with the registry in front. */
export const withRegistry = (dockerfile: string, host: string): string =>
  dockerfile.replace(/^(FROM (?:--\S+ )*|(?:ONBUILD )?COPY .*--from=)(?=base\/)/gim, `$1${host}/`);

/** Git knows two modes, and no times; the umask of whoever checked out plays no part. */
async function asCheckedOut(path: string | Buffer): Promise<void> {
  const found = await lstat(path);
  if (!found.isSymbolicLink()) await chmod(path, found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o755 : 0o644);
  await lutimes(path, contextTime, contextTime);
}

async function give(path: string | Buffer, user: OrdinaryUser): Promise<void> {
  const found = await lstat(path);
  await lchown(path, user.uid, user.gid);
  // A change of owner takes setuid bits away.
  if (!found.isSymbolicLink()) await chmod(path, found.mode & 0o7777);
}

/** What is in a directory before the directory itself, which is last changed by its content. */
async function walk(directory: string, visit: (path: Buffer) => Promise<void>): Promise<void> {
  const inner = async (path: Buffer): Promise<void> => {
    if ((await lstat(path)).isDirectory()) {
      for (const name of await readdir(path, { encoding: 'buffer' }))
        await inner(Buffer.concat([path, Buffer.from('/'), name]));
    }
    await visit(path);
  };
  if ((await stat(directory)).isDirectory()) await inner(Buffer.from(directory));
}
