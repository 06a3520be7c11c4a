import type { ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { BuildError, problem } from '../base/errors.ts';
import { ancestorsOf, isWithin, normalise, parentOf, rootPath } from '../base/image-path.ts';
import { decompressed } from '../archive/decompress.ts';
import type { Entry, HardlinkEntry } from '../archive/entry.ts';
import { tarParser } from '../archive/tar-parser.ts';
import { followLinks } from './follow-links.ts';
import { madeAt, madeDirectory } from './made.ts';

/** One path that an archive puts into the image. */
export interface ArchiveNode {
  /** Its path is that in the image. */
  readonly entry: Exclude<Entry, HardlinkEntry>;
  /** Of files: which entry of the archive has the content. Hard links share it. */
  readonly ordinal: number;
  /** A directory the archive left out. */
  readonly isImplied: boolean;
}

/** An archive as it will stand in the image: every path once, links of the image followed. */
export interface UnpackedArchive {
  lookup(path: ImagePath): ArchiveNode | undefined;
  /** Right below a directory, in byte order. */
  children(path: ImagePath): Iterable<ArchiveNode>;
  /** Was what stood here, or above, removed to make room for something else? */
  hides(path: ImagePath): boolean;
}

/** Is the content a tar, compressed or not? Told by its first header, not by its name. */
export async function isArchive(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  let found = false;
  const parser = tarParser({
    entry() {
      found = true;
      return false;
    },
    data: () => {},
    endEntry: () => {},
  });
  let read = 0;
  try {
    for await (const chunk of decompressed(bytes)) {
      parser.write(chunk);
      read += chunk.length;
      if (found || read > longestBefore) return found;
    }
    return false;
  } catch (error) {
    // A tar all right, and whoever unpacks it will say what is wrong with it.
    return found || (BuildError.is(error) && saidOfTars.has(error.code));
  }
}

/** Bytes that extended headers may take before the first entry; nothing of a file of zeros is one. */
const longestBefore = 4 * 1024 * 1024;

const saidOfTars = new Set(['ARCHIVE_ENTRY_OUTSIDE', 'ARCHIVE_LIMIT', 'ARCHIVE_UNSUPPORTED']);

/** More would not fit into memory; a whole distribution has a tenth of it. */
const mostEntries = 1_000_000;
/** Bytes that files of an archive may have in any case, and how many times its own size beyond that. */
const anySize = 4 * 1024 ** 3;
const largestRatio = 1000;

/**
 * Reads an archive's headers and settles what becomes of each entry when it is unpacked into `target` as BuildKit does:
 * a union with what is there, where directories merge and everything else takes the place of what was before. Links on
 * the way are followed with `target` for their root. `below` is the image as it was; `size` is the archive's own.
 */
export async function scanArchive(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  target: ImagePath,
  below: (path: ImagePath) => Entry | undefined,
): Promise<UnpackedArchive> {
  const tree = archiveTree(below);
  const limits = { entries: mostEntries, totalSize: Math.max(anySize, size * largestRatio) };
  let ordinal = -1;
  const parser = tarParser(
    {
      entry(entry) {
        ordinal++;
        placeEntry(entry, ordinal, target, tree);
        return false;
      },
      data: () => {},
      endEntry: () => {},
    },
    limits,
  );
  for await (const chunk of decompressed(bytes)) parser.write(chunk);
  parser.end();
  return tree;
}

function placeEntry(entry: Entry, ordinal: number, target: ImagePath, tree: ReturnType<typeof archiveTree>): void {
  const within = (path: ImagePath): ImagePath => normalise(`${target}/${path}`);
  const lookup = (path: ImagePath): Entry | undefined => tree.current(within(path));
  const { path } = followLinks(lookup, entry.path, { followLast: false });
  if (path === rootPath) return;
  const at = within(path);
  tree.makeParents(target, at);
  if (entry.type !== 'hardlink') {
    tree.put({ entry: { ...entry, path: at }, ordinal, isImplied: false });
    return;
  }
  const linked = tree.lookup(within(followLinks(lookup, entry.target, { followLast: false }).path));
  if (!linked) throw unlinkable(entry);
  tree.put({ ...linked, entry: { ...linked.entry, path: at } });
}

const unlinkable = (entry: HardlinkEntry) =>
  problem('ARCHIVE_UNSUPPORTED', {
    what: `a hard link to "${toUtf8(entry.target)}", which is no file of the archive before it`,
    path: toUtf8(entry.path),
  });

function archiveTree(below: (path: ImagePath) => Entry | undefined) {
  const nodes = new Map<ImagePath, ArchiveNode>();
  const names = new Map<ImagePath, Set<ImagePath>>();
  /** Directories of the image that were removed. */
  const removed = new Set<ImagePath>();

  const hides = (path: ImagePath): boolean =>
    removed.size > 0 && (removed.has(path) || ancestorsOf(path).some((above) => removed.has(above)));
  const current = (path: ImagePath): Entry | undefined =>
    nodes.get(path)?.entry ?? (hides(path) ? undefined : below(path));

  const remove = (path: ImagePath): void => {
    for (const child of names.get(path) ?? []) remove(child);
    names.delete(path);
    nodes.delete(path);
    names.get(parentOf(path))?.delete(path);
  };

  const put = (node: ArchiveNode): void => {
    const { path, type } = node.entry;
    const there = current(path);
    if (there && !(there.type === 'directory' && type === 'directory')) {
      if (!hides(path) && below(path)?.type === 'directory') removed.add(path);
      remove(path);
    }
    nodes.set(path, node);
    const siblings = names.get(parentOf(path)) ?? new Set();
    names.set(parentOf(path), siblings.add(path));
  };

  return {
    lookup: (path: ImagePath) => nodes.get(path),
    current,
    hides,
    put,
    children: (path: ImagePath) => [...(names.get(path) ?? [])].sort().map((child) => nodes.get(child)!),
    /** Every directory from the target down to the entry is named, so that the tree hangs together. */
    makeParents(target: ImagePath, path: ImagePath): void {
      for (const above of ancestorsOf(path)) {
        if (above === target || !isWithin(target, above) || nodes.has(above)) continue;
        const there = current(above);
        if (there && there.type !== 'directory')
          throw problem('ARCHIVE_UNSUPPORTED', {
            what: `below ${toUtf8(above)}, which is no directory`,
            path: toUtf8(path),
          });
        const made = { mode: madeDirectory, uid: 0, gid: 0, mtime: madeAt };
        put({ entry: there ?? { type: 'directory', path: above, ...made }, ordinal: -1, isImplied: true });
      }
    },
  };
}
