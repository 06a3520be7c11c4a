import type { HostPath, ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { rootPath } from '../base/image-path.ts';
import { placeOf } from '../base/source-text.ts';
import type { Entry, FileEntry } from '../archive/entry.ts';
import type { IgnoreMatcher } from '../dockerfile/ignore.ts';
import type { FileHashes } from './file-hashes.ts';
import { followLinks } from './follow-links.ts';
import { entryMaker, type XattrsOf } from './host-entries.ts';
import { nodeTable, type FileStamp } from './host-nodes.ts';
import { scanner } from './host-scan.ts';
import { isSameStamp } from './host-stamp.ts';
import type { SourceTree } from './source-tree.ts';
import { treePlaces, type TreeOverlay } from './tree-places.ts';

export interface HostTreeOptions {
  readonly root: HostPath;
  readonly label: string;
  /** What is left out. */
  readonly ignore?: IgnoreMatcher;
  readonly hashes: FileHashes;
  /** Absent: no extended attributes are read. */
  readonly xattrsOf?: XattrsOf;
  /** What joins it from elsewhere, later ones over earlier ones. */
  readonly overlays?: readonly TreeOverlay[];
}

/**
 * A directory of this machine as a source of files. Only what is asked for is looked at, and each path once: all steps
 * of a build see one and the same tree. Owners are root, as in every context; links are never followed out of the root.
 */
export function hostTree({ root, label, ignore, hashes, xattrsOf, overlays }: HostTreeOptions): SourceTree {
  const places = treePlaces(root, overlays);
  const hostPath = places.at;
  const table = nodeTable();
  const scan = scanner(table, places, label, ignore);
  const rootStats = scan.stat(rootPath);
  if (!rootStats) throw problem('CONTEXT_NOT_FOUND', { path: root });
  table.add('', rootStats);
  const entryOf = entryMaker(table, hashes, hostPath, xattrsOf);

  const lookup = (path: ImagePath): Entry | undefined => {
    const node = scan.find(path);
    return node === undefined ? undefined : entryOf(node, path);
  };
  function* children(path: ImagePath): Iterable<Entry> {
    const directory = scan.find(path);
    if (directory === undefined) return;
    for (const [node, child] of scan.children(directory, path)) yield entryOf(node, child);
  }
  const stampAt = (path: ImagePath): FileStamp => table.stamp(scan.find(path)!);
  return {
    label,
    lookup,
    children,
    resolve: (path, how) => followLinks(lookup, path, how),
    content: (file) => ({ from: 'file', path: hostPath(file.path) }),
    hash: (file) => file.hash ?? hashes.hash(hostPath(file.path), stampAt(file.path), file.path),
    linkId(file) {
      const node = scan.find(file.path);
      if (node === undefined || !table.hasOtherNames(node)) return undefined;
      const { dev, ino } = table.stamp(node);
      return `${dev}:${ino}`;
    },
    confirm(file) {
      const stats = scan.stat(file.path);
      if (!stats || !isSameStamp(stats, stampAt(file.path))) throw hasChanged(file);
    },
    ignoredBy(path) {
      const span = ignore?.reason(path.slice(1));
      return span && scan.stat(path) ? placeOf(span) : undefined;
    },
  };
}

const hasChanged = (file: FileEntry) =>
  problem('LAYER_SOURCE_CHANGED', { path: toUtf8(file.path), expected: file.size, actual: 'it was written to' });
