import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { rootPath } from '../base/image-path.ts';
import type { Bytes } from '../base/brand.ts';
import type { Entry } from './entry.ts';
import { xattrsOf, type PaxRecords } from './pax.ts';
import { field, numberField, textField } from './tar-fields.ts';
import { pathFromTar } from './tar-path.ts';
import { paxSparse, type SparseMap } from './tar-sparse.ts';

const damaged = (reason: string, offset: number) => problem('ARCHIVE_DAMAGED', { reason, offset });

/** An entry and how its content is stored. */
export interface StoredEntry {
  readonly entry: Entry;
  /** Bytes that follow in the archive. */
  readonly stored: number;
  readonly map?: SparseMap | 'before data';
}

/** Reads a header with the pax records that hold for it; `gnuMap` where it is an old GNU sparse file. */
export function readEntry(block: Buffer, offset: number, pax: PaxRecords, gnuMap: SparseMap | undefined): StoredEntry {
  const type = String.fromCharCode(block[field.type[0]]!);
  const holes = pax.size > 0 ? paxSparse(pax, offset) : undefined;
  const name = holes?.name ?? (pax.get('path') || headerName(block));
  if (name === '') throw damaged('An entry has no name', offset);
  const path = pathFromTar(name);
  if (path === rootPath && !isDirectory(type, name)) throw damaged('The root is no directory', offset);
  const xattrs = pax.size > 0 ? xattrsOf(pax) : undefined;
  const common = {
    path,
    mode: numberField(block, field.mode, offset) & 0o7777,
    uid: owner(paxNumber(pax, 'uid', offset) ?? numberField(block, field.uid, offset), offset),
    gid: owner(paxNumber(pax, 'gid', offset) ?? numberField(block, field.gid, offset), offset),
    mtime: time(paxNumber(pax, 'mtime', offset) ?? numberField(block, field.mtime, offset), offset),
    ...(xattrs && { xattrs }),
  };
  const linkname = (): string => {
    const target = pax.get('linkpath') || textField(block, field.linkname);
    if (target === '') throw damaged('A link leads nowhere', offset);
    return target;
  };
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
      if (!Number.isSafeInteger(stored) || stored < 0) throw damaged('A file has a size that is none', offset);
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
  if (!/^-?\d{1,16}(?:\.\d*)?$/.test(text)) throw damaged(`A pax header has a ${key} that is no number`, offset);
  return Number(text);
};

/** Owners are 32 bits; old tools wrote "nobody" as -2. What is larger must not wrap around to root. */
function owner(id: number, offset: number): number {
  if (id < -(2 ** 31) || id >= 2 ** 32 || !Number.isInteger(id)) throw damaged('An owner is out of range', offset);
  return id >>> 0;
}

/** Whole seconds, within some thirty million years. */
function time(seconds: number, offset: number): number {
  if (Math.abs(seconds) > 2 ** 50) throw damaged('A time is out of range', offset);
  return Math.floor(seconds);
}

const isDirectory = (type: string, name: string): boolean =>
  type === '5' || type === 'D' || (name.endsWith('/') && '0\x007'.includes(type));

/** The name field, with the prefix where the format has one: POSIX ustar, and in star's variant a shorter one. */
function headerName(block: Buffer): string {
  const name = textField(block, field.name);
  if (block[345] === 0 || block.toString('latin1', 257, 263) !== 'ustar\0') return name;
  const prefix = textField(block, block.toString('latin1', 508, 512) === 'tar\0' ? [345, 131] : field.prefix);
  return `${prefix}/${name}`;
}
