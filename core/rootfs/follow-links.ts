import type { ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { childOf, componentsOf, parentOf, rootPath } from '../base/image-path.ts';
import type { Entry } from '../archive/entry.ts';
import type { ResolveOptions, Resolved } from './source-tree.ts';

/** As Linux has it. */
const mostLinks = 40;

/**
 * Resolves a path component by component inside a root: absolute links begin at the root, `..` stops there. Where
 * nothing exists any more the rest is taken by name, which says where the path would be made.
 */
export function followLinks(
  lookup: (path: ImagePath) => Entry | undefined,
  path: ImagePath,
  { followLast = true }: ResolveOptions = {},
): Resolved {
  const ahead = componentsOf(path).reverse();
  let at = rootPath;
  let entry = lookup(rootPath);
  let links = 0;
  while (ahead.length > 0) {
    const name = ahead.pop()!;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = parentOf(at);
      entry = lookup(at);
      continue;
    }
    const next = childOf(at, name);
    const found = lookup(next);
    if (found?.type !== 'symlink' || (ahead.length === 0 && !followLast)) {
      at = next;
      entry = found;
      continue;
    }
    if (++links > mostLinks) throw problem('LINK_LOOP', { path: toUtf8(path) });
    if (found.target.startsWith('/')) at = rootPath;
    ahead.push(...found.target.split('/').reverse());
    entry = lookup(at);
  }
  return entry ? { path: at, entry } : { path: at };
}
