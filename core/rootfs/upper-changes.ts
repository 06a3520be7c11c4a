import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { ancestorsOf, isWithin, parentOf, rootPath } from '../base/image-path.ts';
import type { Entry, PackEntry } from '../archive/entry.ts';
import type { Xattrs } from '../sys/xattrs.ts';
import type { FsPath } from './host-path.ts';
import type { MergedView } from './merged-view.ts';
import type { DeletionMarks } from './unpack-marks.ts';
import { entryOf, saysTheSame, type EntryReading } from './upper-entry.ts';
import { isWhole, upperNodes, wholeSeconds, type UpperNode } from './upper-nodes.ts';

export interface UpperChangesOptions {
  readonly xattrs: Xattrs;
  readonly marks: DeletionMarks;
  readonly owners: 'disk' | 'index';
  /** The file on the disk that the layers below have at a path. */
  readonly lowerFile: (path: ImagePath) => FsPath | undefined;
  /** Left out, with all below them. */
  readonly exclude: readonly ImagePath[];
}

/** What a step did to its tree, and what has to be done so that its upper directory holds that and nothing else. */
export interface UpperChanges {
  /** The layer, sorted by path. */
  readonly entries: readonly PackEntry[];
  /** Directories that are as before and hold nothing that is in the layer: on the disk alone. */
  readonly implied: readonly ImagePath[];
  /** To be removed: what was left out, sockets, files that were copied up and came out the same. */
  readonly unwanted: readonly UpperNode[];
  /** Marked as hiding something where there was nothing to hide. */
  readonly falselyOpaque: readonly UpperNode[];
  /** Times to set, parents last: whole seconds, as every unpacked layer has them. */
  readonly times: readonly { readonly at: FsPath; readonly mtime: number }[];
}

/** Compares an upper directory with the image below it. Changes nothing. */
export function upperChanges(upper: HostPath, lower: MergedView, options: UpperChangesOptions): UpperChanges {
  const { exclude, marks } = options;
  const { nodes, skipped } = upperNodes(upper, (path) => exclude.some((root) => isWithin(root, path)));
  const sorting: Sorting = {
    lower,
    options,
    entries: [],
    unchanged: new Set(),
    unwanted: skipped,
    falselyOpaque: [],
    links: new Map(),
  };
  for (const node of nodes) {
    if (marks.isWhiteout(node.stats)) sorting.entries.push({ type: 'whiteout', path: node.path });
    else if (node.stats.isDirectory()) sortDirectory(node, sorting);
    else sortOther(node, sorting);
  }
  return { ...sorting, ...withParents(sorting), times: timesOf(nodes, sorting) };
}

/**
 * Directories on the way to a change are in the layer as they were: who unpacks each layer by itself (containers/storage,
 * Docker's overlay2) would make them anew, root's and 0755.
 */
function withParents({ entries, unchanged }: Sorting): Pick<UpperChanges, 'entries' | 'implied'> {
  const holding = new Set<ImagePath>();
  for (const { path } of entries) if (!unchanged.has(path)) for (const above of ancestorsOf(path)) holding.add(above);
  return {
    entries: entries.filter(({ path }) => !unchanged.has(path) || holding.has(path)),
    implied: [...unchanged].filter((path) => !holding.has(path)),
  };
}

interface Sorting {
  readonly lower: MergedView;
  readonly options: UpperChangesOptions & EntryReading;
  readonly entries: PackEntry[];
  /** Directories among the entries that are as before. */
  readonly unchanged: Set<ImagePath>;
  readonly unwanted: UpperNode[];
  readonly falselyOpaque: UpperNode[];
  /** The first name of each file that has several. */
  readonly links: Map<string, ImagePath>;
}

function sortDirectory(node: UpperNode, { lower, options, entries, unchanged, falselyOpaque }: Sorting): void {
  const { path, at } = node;
  const before = lower.lookup(path);
  const entry = entryOf(node, before, options)!;
  if (path === rootPath) {
    const root = before ?? { type: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    if (!saysTheSame(entry, root, options.marks, false)) entries.push(entry);
    return;
  }
  const isOpaque = options.marks.isOpaque(at);
  const hides = isOpaque && before?.type === 'directory' && hasChildren(lower, path);
  if (isOpaque && !hides) falselyOpaque.push(node);
  if (!hides && before && saysTheSame(entry, before, options.marks)) unchanged.add(path);
  entries.push(entry);
  if (hides) entries.push({ type: 'opaque', path });
}

const hasChildren = (view: MergedView, path: ImagePath): boolean => {
  for (const _ of view.children(path)) return true;
  return false;
};

function sortOther(node: UpperNode, { lower, options, entries, unwanted, links }: Sorting): void {
  const { path, stats } = node;
  const before = lower.lookup(path);
  const entry = entryOf(node, before, options);
  if (!entry) {
    unwanted.push(node);
    return;
  }
  if (entry.type === 'file' && stats.nlink > 1n) {
    const first = links.get(String(stats.ino));
    if (first === undefined) links.set(String(stats.ino), path);
    else {
      const { mode, uid, gid, mtime } = entry;
      entries.push({ type: 'hardlink', path, target: first, mode, uid, gid, mtime });
      return;
    }
  } else if (before && saysTheSame(entry, before, options.marks) && hasSameContent(node, before, options)) {
    unwanted.push(node);
    return;
  }
  entries.push(entry);
}

/** Opening a file for writing copies it up; only its bytes tell whether anything was written. */
function hasSameContent({ at, path, stats }: UpperNode, before: Entry, { lowerFile }: UpperChangesOptions): boolean {
  if (before.type !== 'file' || stats.size === 0n) return true;
  const below = lowerFile(path);
  return below !== undefined && isSameFile(at, below);
}

const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
const chunk = 128 * 1024;

function isSameFile(one: FsPath, other: FsPath): boolean {
  const descriptors: number[] = [];
  try {
    for (const path of [one, other]) descriptors.push(openSync(path, flags));
    const buffers = descriptors.map(() => Buffer.allocUnsafe(chunk));
    for (;;) {
      const [a, b] = descriptors.map((descriptor, at) => readFully(descriptor, buffers[at]!));
      if (!a!.equals(b!)) return false;
      if (a!.length < chunk) return true;
    }
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function readFully(descriptor: number, into: Buffer): Buffer {
  let filled = 0;
  while (filled < into.length) {
    const count = readSync(descriptor, into, filled, into.length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return into.subarray(0, filled);
}

/** Removing something moves the time of its directory, so those are set again too. */
function timesOf(nodes: readonly UpperNode[], { unwanted }: Sorting): UpperChanges['times'] {
  const touched = new Set<ImagePath>(unwanted.map(({ path }) => parentOf(path)));
  const gone = new Set<ImagePath>(unwanted.map(({ path }) => path));
  return nodes
    .filter(({ path, stats }) => !gone.has(path) && (touched.has(path) || !isWhole(stats.mtimeNs)))
    .map(({ at, stats }) => ({ at, mtime: wholeSeconds(stats.mtimeNs) }));
}
