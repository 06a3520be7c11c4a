import { problem } from '../base/errors.ts';
import type { Bytes } from '../base/brand.ts';

/** Keyword → value, both one char a byte. An empty value takes back what stands for the keyword elsewhere. */
export type PaxRecords = Map<string, string>;

/** Reads `<length> <keyword>=<value>\n` records. `offset` is where they begin in the tar. */
export function parsePax(bytes: Buffer, offset: number, into: PaxRecords): PaxRecords {
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    let length = 0;
    for (; bytes[at]! >= 48 && bytes[at]! <= 57; at++) length = length * 10 + (bytes[at]! - 48);
    const end = start + length;
    const equals = bytes.indexOf(61, at);
    if (bytes[at] !== 32 || end > bytes.length || equals === -1 || equals >= end || bytes[end - 1] !== 10) {
      // Some writers fill the rest of the block with NULs.
      if (start > 0 && bytes[start] === 0) return into;
      throw problem('ARCHIVE_DAMAGED', { reason: 'A pax header has a malformed record', offset: offset + start });
    }
    addRecord(
      into,
      bytes.toString('latin1', at + 1, equals),
      bytes.toString('latin1', equals + 1, end - 1),
      offset + start,
    );
    at = end;
  }
  return into;
}

function addRecord(into: PaxRecords, key: string, value: string, offset: number): void {
  if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
    // Sparse format 0.0 repeats the two keywords; format 0.1 has them in one list.
    const before = into.get('GNU.sparse.map');
    into.set('GNU.sparse.map', before ? `${before},${value}` : value);
    return;
  }
  if ((key === 'path' || key === 'linkpath') && value.includes('\0'))
    throw problem('ARCHIVE_DAMAGED', { reason: 'A pax header has a name with a NUL in it', offset });
  into.set(key, value);
}

/** One record; its length counts its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

const schily = 'SCHILY.xattr.';
const libarchive = 'LIBARCHIVE.xattr.';

/** The extended attributes among the records; values as raw bytes. */
export function xattrsOf(records: PaxRecords): ReadonlyMap<Bytes, Uint8Array> | undefined {
  let found: Map<Bytes, Uint8Array> | undefined;
  for (const [key, value] of records) {
    if (key.startsWith(schily)) {
      found ??= new Map();
      found.set(decodeKey(key.slice(schily.length)), Buffer.from(value, 'latin1'));
    } else if (key.startsWith(libarchive)) {
      found ??= new Map();
      const name = unescape(key.slice(libarchive.length));
      if (!found.has(name)) found.set(name, Buffer.from(value, 'base64'));
    }
  }
  return found;
}

/** A keyword ends at its first `=`, so GNU tar writes that one char of an attribute's name as `%3D`. */
export const xattrKey = (name: Bytes): string =>
  name.includes('=') ? schily + name.replaceAll('%', '%25').replaceAll('=', '%3D') : schily + name;

const decodeKey = (name: string): Bytes =>
  (name.includes('%3D') ? name.replaceAll('%3D', '=').replaceAll('%25', '%') : name) as Bytes;

const unescape = (name: string): Bytes =>
  name.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) as Bytes;
