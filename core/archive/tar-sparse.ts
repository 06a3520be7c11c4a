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

/** More runs than this are no file but an attempt on our memory. */
const mostRuns = 1 << 20;

/** The four runs in an old GNU header or the twenty-one in a block that continues it. */
export function gnuSparseRuns(block: Buffer, at: number, count: number, offset: number, into: SparseMap): boolean {
  for (let i = 0; i < count; i++, at += 24) {
    if (block[at] === 0) break;
    if (into.length === mostRuns) throw damagedMap(offset);
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

/** Fills the holes in: takes a sparse file's payload, hands on the file. */
export function sparseFile(
  source: { readonly size: number; readonly map: SparseMap | 'before data'; readonly path: string },
  offset: number,
  data: (chunk: Buffer) => void,
): { write(chunk: Buffer): void; end(): void } {
  const lead = source.map === 'before data' ? leadReader(offset) : undefined;
  let map: SparseMap | undefined = source.map === 'before data' ? undefined : source.map;
  if (map) checkMap(map, source.size, offset);
  let run = 0;
  let position = 0;

  const fillTo = (target: number): void => {
    while (position < target) {
      const length = Math.min(zeros.length, target - position);
      data(zeros.subarray(0, length));
      position += length;
    }
  };
  const put = (chunk: Buffer, runs: SparseMap): void => {
    let at = 0;
    while (at < chunk.length) {
      const current = runs[run];
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
      if (map) return put(chunk, map);
      const read = lead?.(chunk);
      if (!read) return undefined;
      map = read.map;
      checkMap(map, source.size, offset);
      return put(read.rest, map);
    },
    end() {
      if (!map || map.slice(run).some((it) => it.length > 0))
        throw problem('ARCHIVE_DAMAGED', { reason: `"${toUtf8(source.path)}" has less data than its map`, offset });
      fillTo(source.size);
    },
  };
}

/**
 * Reads the map in front of the data: decimal numbers, one a line, how many runs, then offset and length of each,
 * filled up to whole blocks. Answers when it has all of it.
 */
function leadReader(offset: number): (chunk: Buffer) => { map: SparseMap; rest: Buffer } | undefined {
  const numbers: number[] = [];
  let line = '';
  let taken = 0;
  let map: SparseMap | undefined;
  return (chunk) => {
    let at = 0;
    for (; !map && at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte !== 10) line += String.fromCharCode(byte);
      if (line.length > 15 || (byte === 10 && !/^\d+$/.test(line))) throw damagedMap(offset);
      if (byte !== 10) continue;
      numbers.push(Number(line));
      line = '';
      if (numbers[0]! > mostRuns) throw damagedMap(offset);
      if (numbers.length === 1 + 2 * numbers[0]!) map = mapOf(numbers.slice(1), offset);
    }
    const padding = -(taken + at) & (blockSize - 1);
    taken += chunk.length;
    return map && chunk.length >= at + padding ? { map, rest: chunk.subarray(at + padding) } : undefined;
  };
}
