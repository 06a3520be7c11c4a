import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { nameOf, rootPath } from '../base/image-path.ts';
import type { ImagePath } from '../base/brand.ts';
import { isDeletion, type Entry, type EntryType, type LayerEntry } from './entry.ts';
import { paxRecord, xattrKey } from './pax.ts';
import { blockSize, field } from './tar-fields.ts';
import { isReserved, markFor } from './whiteouts.ts';

const typeflags: Readonly<Record<EntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
/** What seven and eleven octal digits hold. */
const largestId = 8 ** 7 - 1;
const largestSize = 8 ** 11 - 1;
/** Go's reader, which most registries and runtimes use, takes no larger one. */
const largestPax = 1 << 20;

/**
 * The header of an entry in the one way strake writes it: ustar where everything fits, with a pax header before it
 * where not. The same entry gives the same bytes on every machine.
 */
export function tarHeader(entry: LayerEntry): Buffer {
  if (isDeletion(entry)) return headerOf(markEntry(markFor(entry)));
  if (isReserved(entry.path))
    throw impossible(entry.path, 'a name that begins with ".wh." means a deletion in a layer');
  return headerOf(entry);
}

const markEntry = (path: ImagePath): Entry => ({ type: 'file', path, mode: 0, uid: 0, gid: 0, mtime: 0, size: 0 });

const impossible = (path: ImagePath, reason: string) =>
  problem('LAYER_ENTRY_IMPOSSIBLE', { path: toUtf8(path), reason });

function headerOf(entry: Entry): Buffer {
  const name = nameInTar(entry);
  const link = entry.type === 'symlink' ? entry.target : entry.type === 'hardlink' ? entry.target.slice(1) : '';
  const split = splitName(name);
  const size = entry.type === 'file' ? entry.size : 0;
  const fits =
    split !== undefined &&
    link.length <= field.linkname[1] &&
    entry.uid <= largestId &&
    entry.gid <= largestId &&
    entry.mtime >= 0 &&
    entry.mtime <= largestSize &&
    size <= largestSize &&
    (entry.xattrs === undefined || entry.xattrs.size === 0);
  const pax = fits ? undefined : paxHeader(entry, name, link);
  const header = Buffer.alloc((pax?.length ?? 0) + blockSize);
  if (pax) pax.copy(header);
  const block = header.subarray(header.length - blockSize);
  writeUstar(block, {
    name: split ?? { prefix: '', name: name.slice(0, field.name[1]) },
    type: typeflags[entry.type],
    mode: entry.mode & 0o7777,
    uid: entry.uid > largestId ? 0 : entry.uid,
    gid: entry.gid > largestId ? 0 : entry.gid,
    size: size > largestSize ? 0 : size,
    mtime: Math.min(Math.max(entry.mtime, 0), largestSize),
    link: link.slice(0, field.linkname[1]),
    ...((entry.type === 'char' || entry.type === 'block') && { major: entry.major, minor: entry.minor }),
  });
  return header;
}

/** Without the slash in front; directories end with one. */
function nameInTar(entry: Entry): string {
  if (entry.path === rootPath) return './';
  return entry.type === 'directory' ? `${entry.path.slice(1)}/` : entry.path.slice(1);
}

interface SplitName {
  readonly prefix: string;
  readonly name: string;
}

/** A name in the two fields of ustar, cut at a slash; `undefined` when there is no such cut. */
function splitName(name: string): SplitName | undefined {
  const [, longest] = field.name;
  if (name.length <= longest) return { prefix: '', name };
  // The slash between the two is written nowhere; the one at the end of a directory is no place to cut.
  const cut = name.lastIndexOf('/', Math.min(field.prefix[1], name.length - 2));
  if (cut <= 0 || name.length - cut - 1 > longest) return undefined;
  return { prefix: name.slice(0, cut), name: name.slice(cut + 1) };
}

function paxHeader(entry: Entry, name: string, link: string): Buffer {
  const records: string[] = [];
  for (const [xattr, value] of entry.xattrs ?? [])
    records.push(paxRecord(xattrKey(xattr), Buffer.from(value).toString('latin1')));
  if (entry.gid > largestId) records.push(paxRecord('gid', String(entry.gid)));
  if (link.length > field.linkname[1]) records.push(paxRecord('linkpath', link));
  if (entry.mtime < 0 || entry.mtime > largestSize) records.push(paxRecord('mtime', String(entry.mtime)));
  if (splitName(name) === undefined) records.push(paxRecord('path', name));
  if (entry.type === 'file' && entry.size > largestSize) records.push(paxRecord('size', String(entry.size)));
  if (entry.uid > largestId) records.push(paxRecord('uid', String(entry.uid)));
  records.sort(byKeyword);
  const payload = records.join('');
  if (payload.length > largestPax) throw impossible(entry.path, 'its extended attributes are larger than 1 MiB');
  const header = Buffer.alloc(blockSize + Math.ceil(payload.length / blockSize) * blockSize);
  writeUstar(header.subarray(0, blockSize), {
    name: { prefix: '', name: `PaxHeaders.0/${nameOf(entry.path).slice(0, 80)}` },
    type: 'x',
    mode: 0,
    uid: 0,
    gid: 0,
    size: payload.length,
    mtime: 0,
    link: '',
  });
  header.write(payload, blockSize, 'latin1');
  return header;
}

/** By what follows the length. */
function byKeyword(a: string, b: string): number {
  const left = a.slice(a.indexOf(' '));
  const right = b.slice(b.indexOf(' '));
  return left < right ? -1 : left > right ? 1 : 0;
}

interface UstarFields {
  readonly name: SplitName;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly link: string;
  readonly major?: number;
  readonly minor?: number;
}

/** Fills a block of zeros. */
function writeUstar(block: Buffer, fields: UstarFields): void {
  writeChars(block, field.name[0], fields.name.name);
  octal(block, field.mode, fields.mode);
  octal(block, field.uid, fields.uid);
  octal(block, field.gid, fields.gid);
  octal(block, field.size, fields.size);
  octal(block, field.mtime, fields.mtime);
  block[field.type[0]] = fields.type.charCodeAt(0);
  writeChars(block, field.linkname[0], fields.link);
  writeChars(block, field.magic[0], 'ustar\x0000');
  octal(block, field.major, fields.major ?? 0);
  octal(block, field.minor, fields.minor ?? 0);
  writeChars(block, field.prefix[0], fields.name.prefix);
  // The checksum is taken with blanks in its own place; it ends with a NUL and a blank.
  let sum = 8 * 32;
  for (let i = 0; i < blockSize; i++) sum += block[i]!;
  octal(block, [field.checksum[0], 7], sum);
  block[field.checksum[0] + 7] = 32;
}

const writeChars = (block: Buffer, at: number, text: string): void => {
  for (let i = 0; i < text.length; i++) block[at + i] = text.charCodeAt(i);
};

/** Digits to the full width but one, then a NUL. */
const octal = (block: Buffer, [at, length]: readonly [number, number], value: number): void => {
  let rest = value;
  for (let i = at + length - 2; i >= at; i--) {
    block[i] = 48 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
};
