import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Bytes, HostPath, ImagePath } from '../base/brand.ts';
import { fromBuffer, toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { childOf, componentsOf, rootPath } from '../base/image-path.ts';
import { placeOf } from '../base/source-text.ts';
import type { DeviceEntry, Entry, FileEntry } from '../archive/entry.ts';
import type { IgnoreMatcher } from '../dockerfile/ignore.ts';
import type { FileHashes } from './file-hashes.ts';
import { followLinks } from './follow-links.ts';
import { hostPaths, type FsPath } from './host-path.ts';
import { kind, kindOf, nodeTable, type FileStamp, type Node, type NodeTable } from './host-nodes.ts';
import { isSameStamp } from './host-stamp.ts';
import { madeAt } from './made.ts';
import type { SourceTree } from './source-tree.ts';

export interface HostTreeOptions {
  readonly root: HostPath;
  readonly label: string;
  /** What is left out. */
  readonly ignore?: IgnoreMatcher;
  readonly hashes: FileHashes;
  /** Extended attributes of a path, links not followed; absent: none are read. */
  readonly xattrsOf?: (path: FsPath) => ReadonlyMap<Bytes, Uint8Array> | undefined;
}

/**
 * A directory of this machine as a source of files. Only what is asked for is looked at, and each path once: all steps
 * of a build see one and the same tree. Owners are root, as in every context; links are never followed out of the root.
 */
export function hostTree(options: HostTreeOptions): SourceTree {
  const { root, label, hashes } = options;
  const hostPath = hostPaths(root);
  const table = nodeTable();
  table.add('', statOf(hostPath(rootPath), rootPath, label) as BigIntStats);
  const scan = scanner(options, table, hostPath);
  const links = new Map<Node, Bytes>();

  const nodeAt = (path: ImagePath): Node | undefined => {
    let node: Node | undefined = 0;
    let at = rootPath;
    for (const name of componentsOf(path)) {
      if (table.kind(node) !== kind.directory) return undefined;
      scan.read(node, at);
      node = table.child(node, name);
      at = childOf(at, name);
      if (node === undefined || !scan.isVisible(node, at)) return undefined;
    }
    return node;
  };

  const entryOf = (node: Node, path: ImagePath): Entry => {
    const xattrs = keptXattrs(options.xattrsOf?.(hostPath(path)));
    const mode = node === 0 ? 0o755 : table.mode(node);
    const mtime = node === 0 ? madeAt : table.mtime(node);
    const common = { path, mode, uid: 0, gid: 0, mtime, ...(xattrs && { xattrs }) };
    switch (table.kind(node)) {
      case kind.file: {
        const stamp = table.stamp(node);
        const hash = hashes.known(stamp);
        return { type: 'file', ...common, size: Number(stamp.size), ...(hash && { hash }) };
      }
      case kind.directory:
        return { type: 'directory', ...common };
      case kind.fifo:
        return { type: 'fifo', ...common };
      case kind.symlink: {
        const target = links.get(node) ?? fromBuffer(readlinkSync(hostPath(path), 'buffer'));
        links.set(node, target);
        return { type: 'symlink', ...common, mode: 0o777, target };
      }
      case kind.char:
        return { type: 'char', ...common, ...deviceOf(table.device(node)) };
      case kind.block:
        return { type: 'block', ...common, ...deviceOf(table.device(node)) };
    }
  };

  const lookup = (path: ImagePath): Entry | undefined => {
    const node = nodeAt(path);
    return node === undefined ? undefined : entryOf(node, path);
  };

  function* children(path: ImagePath): Iterable<Entry> {
    const directory = nodeAt(path);
    if (directory === undefined || table.kind(directory) !== kind.directory) return;
    scan.read(directory, path);
    const { first, count } = table.children(directory)!;
    for (let node = first; node < first + count; node++) {
      const child = childOf(path, table.name(node));
      if (scan.isVisible(node, child)) yield entryOf(node, child);
    }
  }

  const stampAt = (path: ImagePath): FileStamp => table.stamp(nodeAt(path)!);
  return {
    label,
    lookup,
    children,
    resolve: (path, how) => followLinks(lookup, path, how),
    content: (file) => ({ from: 'file', path: hostPath(file.path) }),
    hash: (file) => hashes.hash(hostPath(file.path), stampAt(file.path), file.path),
    linkId(file) {
      const node = nodeAt(file.path);
      if (node === undefined || !table.hasOtherNames(node)) return undefined;
      const { dev, ino } = table.stamp(node);
      return `${dev}:${ino}`;
    },
    confirm(file) {
      const stats = statOf(hostPath(file.path), file.path, label);
      if (!stats || !isSameStamp(stats, stampAt(file.path))) throw hasChanged(file);
    },
    ignoredBy(path) {
      const span = options.ignore?.reason(path.slice(1));
      return span && statOf(hostPath(path), path, label) ? placeOf(span) : undefined;
    },
  };
}

/** Attributes that mean something on another machine; labels and lists of the host's own security stay here. */
function keptXattrs(all: ReadonlyMap<Bytes, Uint8Array> | undefined): ReadonlyMap<Bytes, Uint8Array> | undefined {
  if (!all || all.size === 0) return undefined;
  const kept = [...all].filter(
    ([name]) => name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.')),
  );
  return kept.length > 0 ? new Map(kept) : undefined;
}

const hasChanged = (file: FileEntry) =>
  problem('LAYER_SOURCE_CHANGED', { path: toUtf8(file.path), expected: file.size, actual: 'it was written to' });

/** As Linux packs the two numbers into one (sysmacros.h). */
const deviceOf = (device: bigint): Pick<DeviceEntry, 'major' | 'minor'> => ({
  major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
  minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn)),
});

interface Scanner {
  /** Makes the children of a directory known. */
  read(directory: Node, path: ImagePath): void;
  /** Directories that the rules exclude show when something below them is brought back. */
  isVisible(node: Node, path: ImagePath): boolean;
}

function scanner({ ignore, label }: HostTreeOptions, table: NodeTable, hostPath: (path: ImagePath) => FsPath): Scanner {
  /** Excluded directories that were walked all the same, and whether anything was found in them. */
  const excluded = new Map<Node, boolean | undefined>();

  const read = (directory: Node, path: ImagePath): void => {
    if (table.children(directory)) return;
    const first = table.size;
    for (const name of namesIn(hostPath(path), path, label)) {
      const child = childOf(path, name);
      const isIgnored = ignore !== undefined && ignore.ignores(child.slice(1));
      if (isIgnored && !ignore.mayHoldIncluded(child.slice(1))) continue;
      // What is gone by now was never there; sockets have no place in a layer.
      const stats = statOf(hostPath(child), child, label);
      if (!stats || kindOf(stats) === undefined || (isIgnored && !stats.isDirectory())) continue;
      const node = table.add(name, stats);
      if (isIgnored) excluded.set(node, undefined);
    }
    table.adopt(directory, first, table.size - first);
  };

  const isVisible = (node: Node, path: ImagePath): boolean => {
    if (!excluded.has(node)) return true;
    const known = excluded.get(node);
    if (known !== undefined) return known;
    read(node, path);
    const { first, count } = table.children(node)!;
    let found = false;
    for (let child = first; child < first + count && !found; child++)
      found = isVisible(child, childOf(path, table.name(child)));
    excluded.set(node, found);
    return found;
  };
  return { read, isVisible };
}

function namesIn(host: FsPath, path: ImagePath, where: string): string[] {
  try {
    return readdirSync(host, 'latin1').sort();
  } catch (error) {
    throw unreadable(path, where, error);
  }
}

function statOf(host: FsPath, path: ImagePath, where: string): BigIntStats | undefined {
  try {
    return lstatSync(host, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw unreadable(path, where, error);
  }
}

const unreadable = (path: ImagePath, where: string, error: unknown) =>
  problem(
    'SOURCE_UNREADABLE',
    { path: toUtf8(path.slice(1)), where, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
    {},
    { cause: error },
  );
