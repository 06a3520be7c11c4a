import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** `file:///srv/app.git#main`: a repository of this machine, not a folder. */
const isGitFile = (location: string): boolean => /^file:\/\/[^#?]*\.git\/?(?:[#?].*)?$/i.test(location);

/**
 * A context as the engine is asked for it. What only looks like a path is told by its true name: `github.com/org/app` is
 * `git+https://…`, a file is `tar://…`.
 */
export function located(location: string | URL, place: Placing, cwd: string): string {
  const plain = location instanceof URL ? location.href : location;
  if (isGitFile(plain)) return `git+${plain}`;
  const [, tar] = /^tar:\/\/(.*)$/is.exec(plain) ?? [];
  if (tar !== undefined && tar !== 'stdin' && tar !== '-') {
    const [, path = tar, part = ''] = /^([^#]*)(#:.*)$/s.exec(tar) ?? [];
    return `tar://${place(path)}${part}`;
  }
  const [, layout] = /^oci-layout:\/\/(.+)$/is.exec(plain) ?? [];
  if (layout !== undefined) return `oci-layout://${place(layout)}`;
  if (isRemote(plain)) return plain;
  const path = /^file:\/\//i.test(plain) ? fileURLToPath(plain) : (/^dir:\/\/(.*)$/is.exec(plain)?.[1] ?? plain);
  const placed = place(path);
  const there = resolve(cwd, placed);
  // As docker has it: a folder of this name wins.
  if (/^github\.com\/[^/]+\/[^/]/i.test(plain) && !existsSync(there)) return `git+https://${plain}`;
  const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  const [, archive] = /^(.*?)#:/s.exec(there) ?? [];
  return isFile(there) || (archive !== undefined && isFile(archive)) ? `tar://${placed}` : placed;
}

export function namedContext(
  name: string,
  it: string | URL | ImageEdge | ContextSetting,
  place: Placing,
  cwd: string,
): NamedContext {
  if (typeof it === 'string' || it instanceof URL) return { name, kind: 'location', location: located(it, place, cwd) };
  if ('image' in it) return { name, kind: 'image', image: it.image };
  return { name, kind: 'location', ...contextPlace(it, place, cwd) };
}

function contextPlace({ location, subPath, git, http }: ContextSetting, place: Placing, cwd: string): ContextPlace {
  const options = [
    ...optionPairs('git', Object.entries(git ?? {}), () => place),
    ...optionPairs('http', Object.entries(http ?? {}), () => place),
  ];
  return {
    location: located(location, place, cwd),
    ...(subPath !== undefined && { subdirectory: subPath }),
    ...(options.length > 0 && { options }),
  };
}
