import { readlinkSync } from 'node:fs';
import type { Bytes, ImagePath } from '../base/brand.ts';
import { fromBuffer } from '../base/bytes.ts';
import type { DeviceEntry, Entry } from '../archive/entry.ts';
import type { FileHashes } from './file-hashes.ts';
import type { FsPath } from './host-path.ts';
import { kind, type Node, type NodeTable } from './host-nodes.ts';
import { madeAt, madeDirectory } from './made.ts';

/** Extended attributes of a path, links not followed. */
export type XattrsOf = (path: FsPath) => ReadonlyMap<Bytes, Uint8Array> | undefined;

export interface EntryMaker {
  (node: Node, path: ImagePath): Entry;
}

/** Makes entries of what lstat said, when they are asked for. The root is nobody's: it is the same on every machine. */
export function entryMaker(
  table: NodeTable,
  hashes: FileHashes,
  hostPath: (path: ImagePath) => FsPath,
  xattrsOf: XattrsOf | undefined,
): EntryMaker {
  const links = new Map<Node, Bytes>();
  const targetOf = (node: Node, path: ImagePath): Bytes => {
    const target = links.get(node) ?? fromBuffer(readlinkSync(hostPath(path), 'buffer'));
    links.set(node, target);
    return target;
  };
  return (node, path) => {
    const xattrs = xattrsOf && keptXattrs(xattrsOf(hostPath(path)));
    const mode = node === 0 ? madeDirectory : table.mode(node);
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
      case kind.symlink:
        return { type: 'symlink', ...common, mode: 0o777, target: targetOf(node, path) };
      case kind.char:
        return { type: 'char', ...common, ...deviceOf(table.device(node)) };
      case kind.block:
        return { type: 'block', ...common, ...deviceOf(table.device(node)) };
    }
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

/** As Linux packs the two numbers into one (sysmacros.h). */
const deviceOf = (device: bigint): Pick<DeviceEntry, 'major' | 'minor'> => ({
  major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
  minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn)),
});
