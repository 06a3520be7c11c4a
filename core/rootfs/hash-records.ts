import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Digest, HostPath } from '../base/brand.ts';
import type { FileStamp } from './host-nodes.ts';

/**
 * Stamps of files and the hashes of their content, in one block of memory that is also the file: eighty bytes a record,
 * found by open addressing. As objects they would take five times that.
 *
 *   record   dev, ino, size, mtime, ctime i64 each; sha-256; day of last use u32; 1 where it is for this run alone u32
 *   file     magic (8 bytes), records, crc32 u32 over all before
 */
export interface HashRecords {
  get(stamp: FileStamp): Digest | undefined;
  /** `lasting`: true where the record may serve later runs. */
  set(stamp: FileStamp, digest: Digest, lasting: boolean): void;
  save(): Promise<void>;
}

const magic = Buffer.from('strkhsh\x01', 'latin1');
const recordSize = 80;
const words = recordSize / 4;
const stampWords = 10;
const dayAt = 18;
const passingAt = 19;
/** Days without use until a record is dropped, and how many are kept at most. */
const longestUnused = 60;
const mostRecords = 1_000_000;

export function hashRecords(file: HostPath | undefined, today: number): HashRecords {
  const stored = file === undefined ? undefined : readRecords(file);
  const table = recordTable(stored ?? Buffer.alloc(0));
  let isNew = false;
  return {
    get(stamp) {
      const at = table.find(stamp);
      if (at === undefined) return undefined;
      if (table.word(at, dayAt) !== today) isNew = true;
      table.setWord(at, dayAt, today);
      return `sha256:${table.hex(at)}` as Digest;
    },
    set(stamp, digest, lasting) {
      const at = table.add(stamp, Buffer.from(digest.slice(7), 'hex'));
      table.setWord(at, dayAt, today);
      table.setWord(at, passingAt, lasting ? 0 : 1);
      isNew ||= lasting;
    },
    async save() {
      if (file === undefined || !isNew) return;
      isNew = false;
      // Another build may have learnt something since.
      const others = readRecords(file);
      if (others) table.addMissing(others);
      await writeRecords(file, table.lasting(today)).catch(() => {});
    },
  };
}

/** The records of the file; `undefined` where there is none or its checksum is wrong. */
function readRecords(file: HostPath): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  const end = bytes.length - 4;
  const isWhole =
    end >= magic.length &&
    (end - magic.length) % recordSize === 0 &&
    bytes.subarray(0, magic.length).equals(magic) &&
    crc32(bytes.subarray(0, end)) === bytes.readUInt32LE(end);
  return isWhole ? bytes.subarray(magic.length, end) : undefined;
}

async function writeRecords(file: HostPath, records: Buffer): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  const bytes = Buffer.concat([magic, records, Buffer.alloc(4)]);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  try {
    await writeFile(temporary, bytes, { mode: 0o600 });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Records by their number, and where each stands in the slots. */
function recordTable(stored: Buffer) {
  const table: Table = {
    count: stored.length / recordSize,
    records: new Uint32Array(Math.max(64, Math.ceil((stored.length / recordSize) * 1.25)) * words),
    slots: new Uint32Array(0),
  };
  bytesOf(table.records).set(stored);
  reindex(table);
  const take = stampTaker();
  return {
    find(stamp: FileStamp): number | undefined {
      const found = table.slots[slotOf(table, take(stamp))]!;
      return found === 0 ? undefined : found - 1;
    },
    add(stamp: FileStamp, digest: Uint8Array): number {
      const at = addKey(table, take(stamp));
      bytesOf(table.records).set(digest, at * recordSize + stampWords * 4);
      return at;
    },
    addMissing(others: Buffer): void {
      const theirs = new Uint32Array(others.length / 4);
      bytesOf(theirs).set(others);
      for (let from = 0; from < theirs.length; from += words) {
        const before = table.count;
        const at = addKey(table, theirs.subarray(from, from + stampWords));
        if (table.count > before) table.records.set(theirs.subarray(from, from + words), at * words);
      }
    },
    hex: (at: number): string => bytesOf(table.records).toString('hex', at * recordSize + 40, at * recordSize + 72),
    word: (at: number, word: number): number => table.records[at * words + word]!,
    setWord(at: number, word: number, value: number): void {
      table.records[at * words + word] = value;
    },
    lasting: (today: number): Buffer => lastingRecords(table, today),
  };
}

interface Table {
  count: number;
  records: Uint32Array;
  /** One more than the place of a record; 0 where there is none. Twice as many as records at least. */
  slots: Uint32Array;
}

/** Turns stamps into keys, one after another in the same few words. */
function stampTaker(): (stamp: FileStamp) => Uint32Array {
  const scratch = new BigInt64Array(stampWords / 2);
  const key = new Uint32Array(scratch.buffer);
  return ({ dev, ino, size, mtimeNs, ctimeNs }) => {
    scratch[0] = dev;
    scratch[1] = ino;
    scratch[2] = size;
    scratch[3] = mtimeNs;
    scratch[4] = ctimeNs;
    return key;
  };
}

function slotOf({ records, slots }: Table, key: Uint32Array): number {
  const mask = slots.length - 1;
  let slot = mixed(key) & mask;
  while (slots[slot] !== 0 && !isKeyAt(records, (slots[slot]! - 1) * words, key)) slot = (slot + 1) & mask;
  return slot;
}

function reindex(table: Table): void {
  table.slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(64, table.count) * 2.5)));
  for (let at = 0; at < table.count; at++) {
    const slot = slotOf(table, table.records.subarray(at * words, at * words + stampWords));
    if (table.slots[slot] === 0) table.slots[slot] = at + 1;
  }
}

function addKey(table: Table, key: Uint32Array): number {
  const slot = slotOf(table, key);
  if (table.slots[slot] !== 0) return table.slots[slot]! - 1;
  if ((table.count + 1) * words > table.records.length) {
    const wider = new Uint32Array(table.records.length * 2);
    wider.set(table.records);
    table.records = wider;
  }
  const at = table.count++;
  table.records.set(key, at * words);
  table.slots[slot] = at + 1;
  if (table.count * 2 > table.slots.length) reindex(table);
  return at;
}

/** What is worth keeping, the latest used first where there is too much. */
function lastingRecords({ count, records }: Table, today: number): Buffer {
  const all = Array.from({ length: count }, (_, at) => at * words);
  const kept = all.filter((at) => records[at + passingAt] === 0 && records[at + dayAt]! + longestUnused >= today);
  if (kept.length > mostRecords) kept.sort((a, b) => records[b + dayAt]! - records[a + dayAt]!);
  const out = new Uint32Array(Math.min(kept.length, mostRecords) * words);
  kept.slice(0, mostRecords).forEach((from, to) => out.set(records.subarray(from, from + words), to * words));
  return bytesOf(out);
}

const bytesOf = (array: Uint32Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** Stamps differ in inode, size and times; all of them go in (FNV-1a by words, with a last stir). */
function mixed(key: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < stampWords; at++) hash = Math.imul(hash ^ key[at]!, 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}

function isKeyAt(records: Uint32Array, from: number, key: Uint32Array): boolean {
  for (let at = 0; at < stampWords; at++) if (records[from + at] !== key[at]) return false;
  return true;
}
