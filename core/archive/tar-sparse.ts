import { problem } from '../base/errors.ts';
import { toUtf8 } from '../base/bytes.ts';
import type { PaxRecords } from './pax.ts';
import { blockSize, numberField } from './tar-fields.ts';

/** Runs of data in a file with holes; what lies between them is zeros. */
export type SparseMap = { readonly at: number; readonly length: number }[];

/** What a file with holes turns out to be: its real name and size, and where its map is. */
export interface PaxSparse {
  readonly name: string | undefined;
  readonly size: number;
  /** Format 1.0 puts the map before the data. */
  readonly map: SparseMap | 'before data';
}

/** The `GNU.sparse.*` keywords of formats 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files"). */
export function paxSparse(records: PaxRecords, offset: number): PaxSparse | undefined {
  const list = records.get('GNU.sparse.map');
  const leading = records.get('GNU.sparse.major') === '1';
  if (list === undefined && !leading) return undefined;
  const size = Number(records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size'));
  if (!Number.isSafeInteger(size) || size < 0) throw damagedMap(offset);
  return {
    name: records.get('GNU.sparse.name'),
    size,
    map: leading ? 'before data' : mapOf(list!.split(',').map(Number), offset),
  };
}

/** The four runs in an old GNU header or the twenty-one in a block that continues it. */
export function gnuSparseRuns(block: Buffer, at: number, count: number, offset: number, into: SparseMap): boolean {
  for (let i = 0; i < count; i++, at += 24) {
    if (block[at] === 0) break;
    into.push({ at: numberField(block, [at, 12], offset), length: numberField(block, [at + 12, 12], offset) });
  }
  return block[count === 4 ? 482 : 504] !== 0;
}

const damagedMap = (offset: number) =>
  problem('ARCHIVE_DAMAGED', { reason: 'The map of a file with holes makes no sense', offset });

function mapOf(numbers: readonly number[], offset: number): SparseMap {
  const map: SparseMap = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) map.push({ at: numbers[i]!, length: numbers[i + 1]! });
  if (numbers.length % 2 !== 0) throw damagedMap(offset);
  return map;
}

/** Runs must be in order and inside the file. */
function checkMap(map: SparseMap, size: number, offset: number): void {
  let end = 0;
  for (const run of map) {
    const sane = Number.isSafeInteger(run.at) && Number.isSafeInteger(run.length) && run.at >= end && run.length >= 0;
    end = run.at + run.length;
    if (!sane || end > size) throw damagedMap(offset);
  }
}

const zeros = Buffer.alloc(64 * 1024);
/** A map of format 1.0 may take this many blocks before its file is taken for damaged: ten million runs. */
const longestMap = 1 << 18;

/** Fills the holes in: takes a sparse file's payload, hands on the file. */
export function sparseFile(
  source: { readonly size: number; readonly map: SparseMap | 'before data'; readonly path: string },
  offset: number,
  data: (chunk: Buffer) => void,
): { write(chunk: Buffer): void; end(): void } {
  let lead = source.map === 'before data' ? Buffer.alloc(0) : undefined;
  let map: SparseMap = source.map === 'before data' ? [] : source.map;
  if (!lead) checkMap(map, source.size, offset);
  let run = 0;
  let position = 0;

  const fillTo = (target: number): void => {
    while (position < target) {
      const length = Math.min(zeros.length, target - position);
      data(zeros.subarray(0, length));
      position += length;
    }
  };
  const put = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      const current = map[run];
      if (!current) throw damagedMap(offset);
      fillTo(current.at);
      const taken = Math.min(chunk.length - at, current.at + current.length - position);
      if (taken > 0) data(chunk.subarray(at, at + taken));
      position += taken;
      at += taken;
      if (position === current.at + current.length) run++;
    }
  };
  return {
    write(chunk) {
      if (!lead) return put(chunk);
      lead = Buffer.concat([lead, chunk]);
      const read = readLead(lead, offset);
      if (!read) return undefined;
      map = read.map;
      checkMap(map, source.size, offset);
      const rest = lead.subarray(read.length);
      lead = undefined;
      return put(rest);
    },
    end() {
      const missing = map.slice(run).some((it) => it.length > 0);
      if (lead || missing)
        throw problem('ARCHIVE_DAMAGED', { reason: `"${toUtf8(source.path)}" has less data than its map`, offset });
      fillTo(source.size);
    },
  };
}

/** Decimal numbers, one a line: how many runs, then offset and length of each; padded to whole blocks. */
function readLead(bytes: Buffer, offset: number): { map: SparseMap; length: number } | undefined {
  const numbers: number[] = [];
  let at = 0;
  while (numbers.length === 0 || numbers.length < 1 + 2 * numbers[0]!) {
    const end = bytes.indexOf(10, at);
    if (end === -1) {
      if (bytes.length > longestMap * blockSize) throw damagedMap(offset);
      return undefined;
    }
    const digits = bytes.toString('latin1', at, end);
    if (!/^\d{1,15}$/.test(digits)) throw damagedMap(offset);
    numbers.push(Number(digits));
    at = end + 1;
  }
  const length = Math.ceil(at / blockSize) * blockSize;
  return bytes.length < length ? undefined : { map: mapOf(numbers.slice(1), offset), length };
}
