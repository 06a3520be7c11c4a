import { chmodSync, lchownSync, mkdirSync } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { compareBytes } from '../base/bytes.ts';
import { ancestorsOf, rootPath } from '../base/image-path.ts';
import type { Entry } from '../archive/entry.ts';
import { hostPaths, type FsPath } from '../rootfs/host-path.ts';
import type { MergedView } from '../rootfs/merged-view.ts';
import type { LayerFilesOptions } from '../rootfs/unpack-files.ts';

/**
 * An overlay shows a directory with the looks the uppermost layer has it in, also where that layer only has files in it
 * and made it on the way; an image shows those of the layer that lists it. This makes the layer that goes on top and
 * puts right what differs. Returns whether anything does.
 */
export function writePatchLayer(
  directory: HostPath,
  view: MergedView,
  implied: Iterable<ImagePath>,
  options: LayerFilesOptions,
): boolean {
  const paths = new Set<ImagePath>();
  for (const path of implied) {
    if (view.lookup(path)?.type !== 'directory') continue;
    for (const above of ancestorsOf(path)) paths.add(above);
    paths.add(path);
  }
  const host = hostPaths(directory);
  const sorted = [...paths].sort(compareBytes);
  for (const path of sorted) mkdirSync(host(path));
  // Afterwards: a new directory moves the time of its parent, and takes over its group where that says so.
  for (const path of sorted) {
    const looks = view.lookup(path)!;
    dress(host(path), looks, options);
    options.calls.nodes.setModified(host(path), looks.mtime);
  }
  return sorted.length > 0;
}

/** Gives a fresh upper directory the looks of the root of the image. */
export function dressRoot(upper: HostPath, view: MergedView, options: LayerFilesOptions): void {
  const root = view.lookup(rootPath)!;
  dress(upper, root, options);
  options.calls.nodes.setModified(upper, root.mtime);
}

function dress(at: FsPath, { uid, gid, mode, xattrs }: Entry, { calls, owners, marks }: LayerFilesOptions): void {
  if (owners && (uid !== 0 || gid !== 0)) lchownSync(at, uid, gid);
  chmodSync(at, mode);
  for (const [name, value] of xattrs ?? [])
    if (name.startsWith('user.') && !marks.isOwn(name)) calls.xattrs.set(at, name, value);
}
