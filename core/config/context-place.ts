import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problem } from '../base/errors.ts';
import type { ContextPlace, NamedContext } from '../contract/model.ts';
import { optionPairs } from './context-options.ts';
import type { ContextSetting, ImageEdge } from './define.ts';

/** From the path as it was written to the path as seen from the current directory. */
export type Placing = (path: string) => string;

/** `-`, `https://…`, `git@host:…`: not a path of this machine. */
export const isRemote = (location: string): boolean =>
  location === '-' ||
  (!/^(?:dir|file):\/\//i.test(location) && /^(?:[a-z][a-z0-9+.-]*:\/\/|[\w.-]+@[\w.-]+:)/i.test(location)) ||
  isGitFile(location);

/** `file:///srv/app.git`, `file:///srv/app#main`: a repository of this machine, not a folder. */
const isGitFile = (location: string): boolean => /^file:\/\/[^#?]*(?:\.git\/?(?:[#?].*)?|#[^:].*)$/i.test(location);

/** What is behind `dir://` and `file://`; of the latter as URLs have it, with `%20` for a blank. */
function localPath(location: string): string {
  if (!/^file:\/\//i.test(location)) return /^dir:\/\/(.*)$/is.exec(location)?.[1] ?? location;
  try {
    const url = new URL(location);
    return fileURLToPath(url) + decodeURIComponent(url.hash);
  } catch (error) {
    throw problem('CONTEXT_NOT_FOUND', { path: location }, {}, { cause: error });
  }
}

/** A context as the engine is asked for it, with the part of it that the location itself names. */
export interface Located {
  readonly location: string;
  readonly subdirectory?: string;
}

/**
 * A context as the engine is asked for it. What only looks like a path is told by its true name: `github.com/org/app` is
 * `git+https://…`, a file is `tar://…`.
 */
export function located(location: string | URL, place: Placing, cwd: string): Located {
  const plain = location instanceof URL ? location.href : location;
  if (isGitFile(plain)) return { location: `git+${plain}` };
  const [, tar] = /^tar:\/\/(.*)$/is.exec(plain) ?? [];
  if (tar !== undefined && tar !== 'stdin' && tar !== '-') {
    const [, path = tar, part = ''] = /^([^#]*)(#:.*)$/s.exec(tar) ?? [];
    return { location: `tar://${place(path)}${part}` };
  }
  const [, layout] = /^oci-layout:\/\/(.+)$/is.exec(plain) ?? [];
  if (layout !== undefined) return { location: `oci-layout://${place(layout)}` };
  if (isRemote(plain)) return { location: plain };
  const path = localPath(plain);
  // As docker has it: a folder of this name wins.
  if (/^github\.com\/[^/]+\/[^/]/i.test(plain) && !existsSync(resolve(cwd, place(path))))
    return { location: `git+https://${plain}` };
  const isFile = (file: string): boolean => statSync(resolve(cwd, file), { throwIfNoEntry: false })?.isFile() === true;
  const whole = place(path);
  if (isFile(whole)) return { location: `tar://${whole}` };
  // A path may hold any character: what is there as it is written has no part.
  const [, before, part] = existsSync(resolve(cwd, whole)) ? [] : (/^(.*?)#:(.*)$/s.exec(path) ?? []);
  if (before === undefined) return { location: whole };
  const folder = place(before);
  return isFile(folder)
    ? { location: `tar://${folder}#:${part}` }
    : { location: folder, ...(part !== '' && { subdirectory: part! }) };
}

/** The part of a part: `#:services` and `subPath: 'api'`. */
export function withSubPath({ location, subdirectory }: Located, subPath: string | undefined): Located {
  const parts = [subdirectory, subPath].filter((part) => part !== undefined);
  return { location, ...(parts.length > 0 && { subdirectory: parts.join('/') }) };
}

export function namedContext(
  name: string,
  it: string | URL | ImageEdge | ContextSetting,
  place: Placing,
  cwd: string,
): NamedContext {
  if (typeof it === 'string' || it instanceof URL) return { name, kind: 'location', ...located(it, place, cwd) };
  if ('image' in it) return { name, kind: 'image', image: it.image };
  return { name, kind: 'location', ...contextPlace(it, place, cwd) };
}

function contextPlace({ location, subPath, git, http }: ContextSetting, place: Placing, cwd: string): ContextPlace {
  const options = [
    ...optionPairs('git', Object.entries(git ?? {}), () => place),
    ...optionPairs('http', Object.entries(http ?? {}), () => place),
  ];
  return {
    ...withSubPath(located(location, place, cwd), subPath),
    ...(options.length > 0 && { options }),
  };
}
