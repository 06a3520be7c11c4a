import type { Bytes, ImagePath } from './brand.ts';

export const rootPath = '/' as ImagePath;

/** Resolves `.`, `..` and doubled slashes by name alone (no links); `..` never climbs above the root. */
export function normalise(path: string): ImagePath {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}` as ImagePath;
}

/** `path` seen from `base`: absolute replaces, relative joins. */
export const resolvePath = (base: ImagePath, path: string): ImagePath =>
  path.startsWith('/') ? normalise(path) : normalise(`${base}/${path}`);

/** A direct child; `name` is one component and holds no slash. */
export const childOf = (parent: ImagePath, name: string): ImagePath =>
  (parent === rootPath ? `/${name}` : `${parent}/${name}`) as ImagePath;

export function parentOf(path: ImagePath): ImagePath {
  const cut = path.lastIndexOf('/');
  return (cut <= 0 ? '/' : path.slice(0, cut)) as ImagePath;
}

export const nameOf = (path: ImagePath): Bytes => path.slice(path.lastIndexOf('/') + 1) as Bytes;

/** The components, root first: `/a/b` → `['a', 'b']`. */
export const componentsOf = (path: ImagePath): string[] => (path === rootPath ? [] : path.slice(1).split('/'));

/** Every directory above `path`, outermost first, without the root and without `path` itself. */
export function ancestorsOf(path: ImagePath): ImagePath[] {
  const above: ImagePath[] = [];
  for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1))
    above.push(path.slice(0, at) as ImagePath);
  return above;
}

/** Is `path` the same as `root` or below it? By name alone. */
export const isWithin = (root: ImagePath, path: ImagePath): boolean =>
  root === rootPath || path === root || path.startsWith(`${root}/`);
