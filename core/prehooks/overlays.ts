import { relative } from 'node:path';
import type { DiffId, HostPath, ImagePath } from '../base/brand.ts';
import { fromUtf8 } from '../base/bytes.ts';
import { isWithin, rootPath } from '../base/image-path.ts';
import type { PathPatterns } from '../rootfs/path-patterns.ts';
import type { TreeOverlay } from '../rootfs/tree-places.ts';

/** What a cache knew of a prehook's outputs, unpacked. */
export interface RecordedOutputs {
  readonly diffId: DiffId;
  readonly root: HostPath;
  /** What its paths are seen from. */
  readonly folder: HostPath;
  readonly outputs: PathPatterns;
}

/**
 * Recorded outputs as part of the tree at `root`, which may hold the folder, be a part of it, or have nothing to do with
 * it. What the directory has under the names of outputs is not shown: what was recorded is all there is.
 */
export function overlayFor({ diffId, root: files, folder, outputs }: RecordedOutputs, root: HostPath): TreeOverlay[] {
  const below = relative(root, folder);
  const above = relative(folder, root);
  const overlay = { root: files, id: `${diffId} at ${below}` };
  if (below === '') return [{ ...overlay, placed: (path) => path, hides: outputs.matches }];
  if (!leadsOut(below)) {
    const prefix = `/${fromUtf8(below)}` as ImagePath;
    return [
      {
        ...overlay,
        placed: (path) => (path === rootPath ? prefix : (`${prefix}${path}` as ImagePath)),
        hides: (path) =>
          path !== prefix && isWithin(prefix, path) && outputs.matches(path.slice(prefix.length) as ImagePath),
      },
    ];
  }
  if (leadsOut(above)) return [];
  const prefix = `/${fromUtf8(above)}` as ImagePath;
  return [
    {
      ...overlay,
      placed: (path) => (isWithin(prefix, path) ? ((path.slice(prefix.length) || rootPath) as ImagePath) : undefined),
      hides: (path) => outputs.matches((path === rootPath ? prefix : `${prefix}${path}`) as ImagePath),
    },
  ];
}

const leadsOut = (path: string): boolean => path === '..' || path.startsWith('../');
