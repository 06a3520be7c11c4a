import { relative } from 'node:path';
import type { ImagePath } from '../base/brand.ts';
import { fromUtf8 } from '../base/bytes.ts';
import type { BuildContext } from '../contract/model.ts';
import type { FsPath } from '../rootfs/host-path.ts';
import { treePlaces, type TreeOverlay } from '../rootfs/tree-places.ts';

/** Where a file really lies that goes by this path of the machine. */
export type FileAt = (path: string) => FsPath;

/** Of a context that prehooks added to: a Dockerfile may be one of the files they made. */
export function contextFiles({ root }: BuildContext, overlays: readonly TreeOverlay[]): FileAt {
  if (overlays.length === 0) return (path) => path;
  const places = treePlaces(root, overlays);
  return (path) => {
    const below = relative(root, path);
    return below === '' || below.startsWith('..') ? path : places.at(`/${fromUtf8(below)}` as ImagePath);
  };
}
