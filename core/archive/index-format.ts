import { hexOf } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { Bytes, Digest, ImagePath } from '../base/brand.ts';
import type { ByteWriter } from './byte-writer.ts';
import { isDeletion, type Entry, type EntryType, type LayerEntry } from './entry.ts';

/*
 * A layer index, version 1. Numbers of fixed size are little-endian, varints hold seven bits a byte, lowest first.
 *
 *   header   magic (8 bytes), records u32, restarts u32, offset of the restart table u32, offset of kept files u32
 *   records  sorted by path bytes; at one path marks come before the entry:
 *            varint  bytes shared with the path before (0 at a restart), varint + bytes of the rest of the path,
 *            varint + bytes of the description (`describe` below)
 *   restarts u32 each: the offset of every 16th record
 *   kept     varint count; each varint + path, varint + content
 *   crc32    u32 over all before
 */
export const magic = Buffer.from('strkidx\x01', 'latin1');
export const headerSize = 24;
/** Records between two whose paths are written in full. */
export const restartEvery = 16;

const types = ['whiteout', 'opaque', 'file', 'directory', 'symlink', 'hardlink', 'fifo', 'char', 'block'] as const;
type AnyType = EntryType | 'whiteout' | 'opaque';
const typeMask = 0x0f;
const withXattrs = 0x10;
const withHash = 0x20;

const codeOf = new Map<AnyType, number>(types.map((type, code) => [type, code]));

/** Everything of an entry but its path. */
export function describe(entry: LayerEntry, out: ByteWriter): void {
  const code = codeOf.get(entry.type)!;
  if (isDeletion(entry)) return out.byte(code);
  const hash = entry.type === 'file' ? entry.hash : undefined;
  out.byte(code | (entry.xattrs ? withXattrs : 0) | (hash ? withHash : 0));
  out.varint(entry.mode);
  out.varint(entry.uid);
  out.varint(entry.gid);
  out.varint(entry.mtime < 0 ? -2 * entry.mtime - 1 : 2 * entry.mtime);
  if (entry.type === 'file') {
    out.varint(entry.size);
    if (hash) out.raw(Buffer.from(hexOf(hash), 'hex'));
  } else if (entry.type === 'symlink' || entry.type === 'hardlink') out.text(entry.target);
  else if (entry.type === 'char' || entry.type === 'block') {
    out.varint(entry.major);
    out.varint(entry.minor);
  }
  if (!entry.xattrs) return undefined;
  out.varint(entry.xattrs.size);
  for (const [name, value] of entry.xattrs) {
    out.text(name);
    out.varint(value.length);
    out.raw(value);
  }
  return undefined;
}

export const typeAt = (bytes: Buffer, at: number): AnyType => {
  const type = types[bytes[at]! & typeMask];
  if (!type) throw damagedIndex('a record is of no known type');
  return type;
};

/** Reads what `describe` wrote. */
export function entryAt(bytes: Buffer, at: number, path: ImagePath): LayerEntry {
  const type = typeAt(bytes, at);
  if (type === 'whiteout' || type === 'opaque') return { type, path };
  const flags = bytes[at]!;
  const read: ReadPosition = { at: at + 1 };
  const common = {
    path,
    mode: varintAt(bytes, read),
    uid: varintAt(bytes, read),
    gid: varintAt(bytes, read),
    mtime: signed(varintAt(bytes, read)),
  };
  const own = ownFields(type, flags, bytes, read);
  return (flags & withXattrs ? { ...common, ...own, xattrs: xattrsAt(bytes, read) } : { ...common, ...own }) as Entry;
}

function ownFields(type: EntryType, flags: number, bytes: Buffer, read: ReadPosition): object {
  if (type === 'symlink' || type === 'hardlink') return { type, target: textAt(bytes, read) };
  if (type === 'char' || type === 'block') return { type, major: varintAt(bytes, read), minor: varintAt(bytes, read) };
  if (type !== 'file') return { type };
  const size = varintAt(bytes, read);
  if (!(flags & withHash)) return { type, size };
  read.at += 32;
  return { type, size, hash: `sha256:${bytes.toString('hex', read.at - 32, read.at)}` as Digest };
}

function xattrsAt(bytes: Buffer, read: ReadPosition): ReadonlyMap<Bytes, Uint8Array> {
  const xattrs = new Map<Bytes, Uint8Array>();
  for (let left = varintAt(bytes, read); left > 0; left--) {
    const name = textAt(bytes, read);
    const length = varintAt(bytes, read);
    xattrs.set(name, bytes.subarray(read.at, read.at + length));
    read.at += length;
  }
  return xattrs;
}

const signed = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

export interface ReadPosition {
  at: number;
}

export function varintAt(bytes: Buffer, read: ReadPosition): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[read.at++];
    if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) throw damagedIndex('a number runs on for ever');
    if (byte < 0x80) return value + byte * scale;
    value += (byte & 0x7f) * scale;
  }
}

export function textAt(bytes: Buffer, read: ReadPosition): Bytes {
  const length = varintAt(bytes, read);
  read.at += length;
  return bytes.toString('latin1', read.at - length, read.at) as Bytes;
}

export const damagedIndex = (reason: string) => problem('INDEX_DAMAGED', { reason });
