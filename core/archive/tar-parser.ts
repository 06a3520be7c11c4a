import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { Bytes } from '../base/brand.ts';
import type { Entry } from './entry.ts';
import { parsePax, xattrsOf, type PaxRecords } from './pax.ts';
import { tarBlocks, type TarParser } from './tar-blocks.ts';
import { checksumHolds, field, numberField, textField } from './tar-fields.ts';
import { tarGuard, type TarLimits } from './tar-limits.ts';
import { pathFromTar } from './tar-path.ts';
import { gnuSparseRuns, paxSparse, sparseFile, type SparseMap } from './tar-sparse.ts';

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
    const parts: Buffer[] = [];
    sink = {
      write: (chunk) => void parts.push(Buffer.from(chunk)),
      end: () => done(Buffer.concat(parts)),
    };
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
    else if (map) {
      const filled = sparseFile({ size: entry.size, map, path: entry.path }, offset, (chunk) => handler.data(chunk));
      sink = {
        write: (chunk) => filled.write(chunk),
        end() {
          filled.end();
          handler.endEntry();
        },
      };
    } else sink = wanted;
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
    if (!checksumHolds(block)) throw problem('ARCHIVE_DAMAGED', { reason: 'A header has a wrong checksum', offset });
    const type = String.fromCharCode(block[field.type[0]]!);
    const size = (): number => numberField(block, field.size, offset);
    if (type === 'x' || type === 'X') return collect(size(), offset, (bytes) => void parsePax(bytes, offset, local));
    if (type === 'g') return collect(size(), offset, (bytes) => void parsePax(bytes, offset, globals));
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

interface Read {
  readonly entry: Entry;
  /** Bytes that follow in the archive. */
  readonly stored: number;
  readonly map?: SparseMap | 'before data';
}

function readEntry(block: Buffer, offset: number, pax: PaxRecords, gnuMap: SparseMap | undefined): Read {
  const type = String.fromCharCode(block[field.type[0]]!);
  const holes = pax.size > 0 ? paxSparse(pax, offset) : undefined;
  const name = holes?.name ?? (pax.get('path') || headerName(block));
  if (name === '') throw problem('ARCHIVE_DAMAGED', { reason: 'An entry has no name', offset });
  const path = pathFromTar(name);
  const xattrs = pax.size > 0 ? xattrsOf(pax) : undefined;
  const common = {
    path,
    mode: numberField(block, field.mode, offset) & 0o7777,
    uid: owner(paxNumber(pax, 'uid', offset) ?? numberField(block, field.uid, offset)),
    gid: owner(paxNumber(pax, 'gid', offset) ?? numberField(block, field.gid, offset)),
    mtime: Math.floor(paxNumber(pax, 'mtime', offset) ?? numberField(block, field.mtime, offset)),
    ...(xattrs && { xattrs }),
  };
  const linkname = (): string => pax.get('linkpath') || textField(block, field.linkname);
  const device = () => ({
    major: numberField(block, field.major, offset),
    minor: numberField(block, field.minor, offset),
  });
  switch (type) {
    case '0':
    case '\0':
    case '7':
    case 'S': {
      const stored = paxNumber(pax, 'size', offset) ?? numberField(block, field.size, offset);
      if (!Number.isSafeInteger(stored) || stored < 0)
        throw problem('ARCHIVE_DAMAGED', { reason: 'A file has a size that is none', offset });
      // Before ustar a directory was a file whose name ends with a slash.
      if (name.endsWith('/')) return { entry: { type: 'directory', ...common }, stored };
      if (gnuMap) return { entry: { type: 'file', ...common, size: realSize(block, offset) }, stored, map: gnuMap };
      if (holes) return { entry: { type: 'file', ...common, size: holes.size }, stored, map: holes.map };
      return { entry: { type: 'file', ...common, size: stored }, stored };
    }
    // Whatever size these state, nothing follows them (POSIX: "no data logical records are stored").
    case '1':
      return { entry: { type: 'hardlink', ...common, target: pathFromTar(linkname()) }, stored: 0 };
    case '2':
      return { entry: { type: 'symlink', ...common, target: linkname() as Bytes }, stored: 0 };
    case '3':
      return { entry: { type: 'char', ...common, ...device() }, stored: 0 };
    case '4':
      return { entry: { type: 'block', ...common, ...device() }, stored: 0 };
    case '5':
      return { entry: { type: 'directory', ...common }, stored: 0 };
    case '6':
      return { entry: { type: 'fifo', ...common }, stored: 0 };
    // A directory of an incremental dump, with a list of its names behind it.
    case 'D':
      return { entry: { type: 'directory', ...common }, stored: numberField(block, field.size, offset) };
    default:
      throw problem('ARCHIVE_UNSUPPORTED', { what: `a tar entry of the type "${type}"`, path: toUtf8(path) });
  }
}

/** Old GNU sparse headers keep the size of the whole file here. */
const realSize = (block: Buffer, offset: number): number => numberField(block, [483, 12], offset);

const paxNumber = (pax: PaxRecords, key: string, offset: number): number | undefined => {
  const text = pax.size > 0 ? pax.get(key) : undefined;
  if (!text) return undefined;
  if (!/^-?\d{1,16}(?:\.\d*)?$/.test(text))
    throw problem('ARCHIVE_DAMAGED', { reason: `A pax header has a ${key} that is no number`, offset });
  return Number(text);
};

/** Owners are 32 bits; old tools wrote "nobody" as -2. */
const owner = (id: number): number => id >>> 0;

/** The name field, with the prefix where the format has one: POSIX ustar, and in star's variant a shorter one. */
function headerName(block: Buffer): string {
  const name = textField(block, field.name);
  if (block[345] === 0 || block.toString('latin1', 257, 263) !== 'ustar\0') return name;
  const prefix = textField(block, block.toString('latin1', 508, 512) === 'tar\0' ? [345, 131] : field.prefix);
  return `${prefix}/${name}`;
}
