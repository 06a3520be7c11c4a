import { closeSync, lstatSync, mkdirSync, openSync, readlinkSync, type BigIntStats } from 'node:fs';
import type { ImagePath } from '../../base/brand.ts';
import { fromUtf8, toBuffer, toUtf8 } from '../../base/bytes.ts';
import { problem } from '../../base/errors.ts';
import { childOf, componentsOf, parentOf, rootPath } from '../../base/image-path.ts';
import type { Nodes } from '../../sys/nodes.ts';

export type MountPointKind = 'file' | 'directory';

export interface MountPoints {
  /** Where to mount so that the path shows it: links are followed inside the tree, what is missing is made. */
  at(path: ImagePath, kind: MountPointKind): Buffer;
  /** What was made for it, parents first: to be taken out of the tree again. */
  readonly made: readonly ImagePath[];
}

/** As Linux has it. */
const mostLinks = 40;

/**
 * Resolves mount points inside a tree that anybody may have made: an absolute link, or one with any number of `..`, ends
 * up inside. Nothing runs in the tree yet, so what was looked at stays as it is.
 */
export function mountPoints(root: string, nodes: Nodes): MountPoints {
  const base = fromUtf8(root);
  const host = (path: ImagePath): Buffer => toBuffer(path === rootPath ? base : base + path);
  const made: ImagePath[] = [];
  const look = (path: ImagePath): BigIntStats | undefined =>
    lstatSync(host(path), { bigint: true, throwIfNoEntry: false });

  const make = (path: ImagePath, kind: MountPointKind): void => {
    const parent = host(parentOf(path));
    const { mtimeNs } = lstatSync(parent, { bigint: true });
    if (kind === 'directory') mkdirSync(host(path), 0o755);
    else closeSync(openSync(host(path), 'wx', 0o644));
    // The directory shall not look as if the step had touched it.
    if (!made.includes(parentOf(path))) nodes.setModified(parent, Number(mtimeNs / 1_000_000_000n));
    made.push(path);
  };

  const at = (path: ImagePath, kind: MountPointKind): Buffer => {
    const ahead = componentsOf(path).reverse();
    let here = rootPath;
    let links = 0;
    while (ahead.length > 0) {
      const name = ahead.pop()!;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        here = parentOf(here);
        continue;
      }
      const next = childOf(here, name);
      const stats = look(next);
      if (stats?.isSymbolicLink()) {
        if (++links > mostLinks) throw problem('LINK_LOOP', { path: toUtf8(path) });
        const target = readlinkSync(host(next), 'latin1');
        if (target.startsWith('/')) here = rootPath;
        ahead.push(...target.split('/').reverse());
        continue;
      }
      const isLast = ahead.every((one) => one === '' || one === '.');
      const wanted = isLast ? kind : 'directory';
      if (!stats) make(next, wanted);
      else if (stats.isDirectory() !== (wanted === 'directory'))
        throw problem('MOUNT_POINT_CLASH', { path: toUtf8(path), there: toUtf8(next), wanted });
      here = next;
    }
    return host(here);
  };
  return { at, made };
}
