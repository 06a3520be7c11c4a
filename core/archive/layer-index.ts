import { crc32 } from 'node:zlib';
import { rootPath } from '../base/image-path.ts';
import type { ImagePath } from '../base/brand.ts';
import { isDeletion, type Deletion, type LayerEntry, type LayerIndex } from './entry.ts';
import { damagedIndex, headerSize, magic, textAt, varintAt, type ReadPosition } from './index-format.ts';
import { recordsOf, type Records } from './index-records.ts';

/** Opens an index as stored. Throws INDEX_DAMAGED when the bytes are not what was written. */
export function openIndex(stored: Uint8Array): LayerIndex {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (bytes.length < headerSize + 5 || !bytes.subarray(0, magic.length).equals(magic))
    throw damagedIndex('it is none, or one of another version');
  const end = bytes.length - 4;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) throw damagedIndex('its checksum is wrong');
  const records = recordsOf(bytes);
  return {
    bytes: stored,
    length: records.count,
    get: (path) => [...recordsAt(records, path)].find((entry) => !isDeletion(entry)),
    deletion: (path) => markAt(records, path),
    hasBelow(path) {
      const below = belowOf(path);
      const cursor = records.from(below);
      while (cursor.next()) if (cursor.path !== path) return cursor.path.startsWith(below);
      return false;
    },
    children: (path) => childrenOf(records, path),
    implied: (path) => impliedIn(records, path),
    walk: (path = rootPath) => walkFrom(records, path),
    kept: (path) => keptAt(bytes, path),
  };
}

/** Everything below `path` begins with this. */
const belowOf = (path: ImagePath): string => (path === rootPath ? rootPath : `${path}/`);

function* recordsAt(records: Records, path: ImagePath): Iterable<LayerEntry> {
  const cursor = records.from(path);
  while (cursor.next() && cursor.path === path) yield cursor.entry();
}

function markAt(records: Records, path: ImagePath): Deletion['type'] | undefined {
  const cursor = records.from(path);
  if (!cursor.next() || cursor.path !== path) return undefined;
  const entry = cursor.entry();
  return isDeletion(entry) ? entry.type : undefined;
}

function* walkFrom(records: Records, path: ImagePath): Iterable<LayerEntry> {
  yield* recordsAt(records, path);
  // Names like `/a-b` stand between `/a` and `/a/…`.
  const below = belowOf(path);
  const cursor = records.from(below);
  while (cursor.next() && cursor.path.startsWith(below)) if (cursor.path !== path) yield cursor.entry();
}

function* childrenOf(records: Records, path: ImagePath): Iterable<LayerEntry> {
  const below = belowOf(path);
  let cursor = records.from(below);
  while (cursor.next() && cursor.path.startsWith(below)) {
    if (cursor.path === path) continue;
    const slash = cursor.path.indexOf('/', below.length);
    if (slash === -1) yield cursor.entry();
    // `0` follows `/`: the first name behind everything below this child.
    else cursor = records.from(`${cursor.path.slice(0, slash)}0`);
  }
}

function* impliedIn(records: Records, path: ImagePath): Iterable<ImagePath> {
  const below = belowOf(path);
  let cursor = records.from(below);
  while (cursor.next() && cursor.path.startsWith(below)) {
    if (cursor.path === path) continue;
    const slash = cursor.path.indexOf('/', below.length);
    if (slash === -1) continue;
    const child = cursor.path.slice(0, slash) as ImagePath;
    // Marks alone say that something is gone; they make no directory.
    if (![...recordsAt(records, child)].some((entry) => !isDeletion(entry)) && holdsEntries(records, child))
      yield child;
    cursor = records.from(`${child}0`);
  }
}

function holdsEntries(records: Records, path: ImagePath): boolean {
  const cursor = records.from(`${path}/`);
  while (cursor.next() && cursor.path.startsWith(`${path}/`)) if (!isDeletion(cursor.entry())) return true;
  return false;
}

function keptAt(bytes: Buffer, path: ImagePath): Uint8Array | undefined {
  const read: ReadPosition = { at: bytes.readUInt32LE(magic.length + 12) };
  for (let left = varintAt(bytes, read); left > 0; left--) {
    const name = textAt(bytes, read);
    const length = varintAt(bytes, read);
    if (name === (path as string)) return bytes.subarray(read.at, read.at + length);
    read.at += length;
  }
  return undefined;
}
