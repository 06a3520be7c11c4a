import { problem } from '../base/errors.ts';
import type { Entry, FileEntry } from './entry.ts';
import { parsePax, type PaxRecords } from './pax.ts';
import { tarBlocks, type TarParser } from './tar-blocks.ts';
import { readEntry } from './tar-entry.ts';
import { blockSize, checksumHolds, field, numberField } from './tar-fields.ts';
import { tarGuard, type TarLimits } from './tar-limits.ts';
import { gnuSparseRuns, sparseFile, type SparseMap } from './tar-sparse.ts';

export type { TarParser } from './tar-blocks.ts';
export type { TarLimits } from './tar-limits.ts';

/** What a tar is read into. Chunks are views into the parser's input: copy what is kept beyond the call. */
export interface TarHandler {
  /** Returns whether the content of this file is wanted; asked of every entry, heeded for files alone. */
  entry(entry: Entry): boolean;
  data(chunk: Buffer): void;
  /** After the last byte of a wanted file, also when it has none. */
  endEntry(): void;
}

/**
 * A push parser for every tar that images and users bring: ustar, pax (local and global), GNU long names, numbers
 * and sparse files, v7. It is synchronous, so that what handles an entry can do its work in the call.
 */
export function tarParser(handler: TarHandler, limits: Partial<TarLimits> = {}): TarParser {
  return tarBlocks(entryReader(handler, limits));
}

type Sink = { write(chunk: Buffer): void; end(): void };
const nowhere: Sink = { write: () => {}, end: () => {} };

function collector(done: (bytes: Buffer) => void): Sink {
  const parts: Buffer[] = [];
  return { write: (chunk) => void parts.push(Buffer.from(chunk)), end: () => done(Buffer.concat(parts)) };
}

/** A file with holes becomes whole on its way to `next`. */
function holesFilled(file: FileEntry & { readonly map: SparseMap | 'before data' }, offset: number, next: Sink): Sink {
  const whole = sparseFile(file, offset, (chunk) => next.write(chunk));
  return {
    write: (chunk) => whole.write(chunk),
    end() {
      whole.end();
      next.end();
    },
  };
}

function entryReader(handler: TarHandler, limits: Partial<TarLimits>) {
  const guard = tarGuard(limits);
  const wanted: Sink = { write: (chunk) => handler.data(chunk), end: () => handler.endEntry() };
  const globals: PaxRecords = new Map();
  let local: PaxRecords = new Map();
  let sink: Sink = nowhere;
  /** A header of an old GNU sparse file whose map goes on in the next block. */
  let open: { block: Buffer; map: SparseMap } | undefined;

  const collect = (size: number, offset: number, done: (bytes: Buffer) => void): number => {
    guard.extended(size, offset);
    sink = collector(done);
    if (size === 0) sink.end();
    return size;
  };

  const begin = (block: Buffer, offset: number, gnuMap?: SparseMap): number => {
    const records = globals.size === 0 ? local : merged(globals, local);
    if (local.size > 0) local = new Map();
    const { entry, stored, map } = readEntry(block, offset, records, gnuMap);
    guard.entry(entry);
    const isWanted = handler.entry(entry);
    if (entry.type !== 'file' || !isWanted) sink = nowhere;
    else sink = map ? holesFilled({ ...entry, map }, offset, wanted) : wanted;
    if (stored === 0) sink.end();
    return stored;
  };

  const header = (block: Buffer, offset: number): number => {
    if (open) {
      const { block: first, map } = open;
      if (gnuSparseRuns(block, 0, 21, offset, map)) return 0;
      open = undefined;
      return begin(first, offset, map);
    }
    if (!checksumHolds(block)) throw damaged('A header has a wrong checksum', offset);
    const type = String.fromCharCode(block[field.type[0]]!);
    const size = (): number => numberField(block, field.size, offset);
    if (type === 'x' || type === 'X')
      return collect(size(), offset, (bytes) => void parsePax(bytes, offset + blockSize, local));
    if (type === 'g')
      return collect(size(), offset, (bytes) => guard.globals(parsePax(bytes, offset + blockSize, globals)));
    if (type === 'L') return collect(size(), offset, (bytes) => void local.set('path', untilNul(bytes)));
    if (type === 'K') return collect(size(), offset, (bytes) => void local.set('linkpath', untilNul(bytes)));
    // A label of the volume: a name, no file.
    if (type === 'V') return collect(size(), offset, () => {});
    if (type !== 'S') return begin(block, offset);
    const map: SparseMap = [];
    if (!gnuSparseRuns(block, 386, 4, offset, map)) return begin(block, offset, map);
    open = { block: Buffer.from(block), map };
    return 0;
  };

  return { header, payload: (chunk: Buffer) => sink.write(chunk), payloadEnd: () => sink.end() };
}

const damaged = (reason: string, offset: number) => problem('ARCHIVE_DAMAGED', { reason, offset });

const untilNul = (bytes: Buffer): string => {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
};

/** Local records win; an empty one takes the global one back. */
function merged(globals: PaxRecords, local: PaxRecords): PaxRecords {
  const all = new Map(globals);
  for (const [key, value] of local) all.set(key, value);
  return all;
}
