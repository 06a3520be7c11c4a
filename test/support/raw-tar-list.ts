/** Reads archives header by header; see raw-tar.ts. */
import { createHash } from 'node:crypto';
import { block, checksum, padding, typesByFlag, type TarEntry } from './raw-tar.ts';

export interface ListOptions {
  /** Keep the content of these files. */
  readonly content?: (path: string) => boolean;
}

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * All entries of an archive with everything their headers say. Anything a careful reader would reject (a wrong checksum, an
 * unknown type, bytes that should be zero, no closing blocks) is an error.
 */
export async function listTar(source: Buffer | Bytes, options: ListOptions = {}): Promise<TarEntry[]> {
  const input = new BlockReader(Buffer.isBuffer(source) ? [source] : source);
  const entries: TarEntry[] = [];
  let global: Record<string, string> = {};
  let local: Record<string, string> = {};
  for (;;) {
    const head = await input.take(block);
    if (head.every((byte) => byte === 0)) break;
    if (checksum(head) !== octal(head, 148, 8)) throw new Error(`wrong checksum after ${entries.length} entries`);
    const flag = String.fromCharCode(head[156]!);
    const size = local['size'] === undefined ? number(head, 124, 12) : Number(local['size']);
    if ('xgLK'.includes(flag)) {
      const body = await input.take(size);
      await input.takeZeros(padding(size));
      if (flag === 'g') global = { ...global, ...paxRecords(body) };
      else if (flag === 'x') local = { ...local, ...paxRecords(body) };
      else local = { ...local, [flag === 'L' ? 'path' : 'linkpath']: body.toString('latin1').replace(/\0+$/, '') };
      continue;
    }
    entries.push(await readEntry(input, head, flag, size, { ...global, ...local }, options));
    local = {};
  }
  await input.takeZeros(block);
  await input.zerosToTheEnd();
  return entries;
}

async function readEntry(
  input: BlockReader,
  head: Buffer,
  flag: string,
  size: number,
  pax: Record<string, string>,
  options: ListOptions,
): Promise<TarEntry> {
  const type = typesByFlag.get(flag);
  if (type === undefined || 'GNU.sparse.major' in pax)
    throw new Error(`entry type ${JSON.stringify(flag)} is not read here`);
  // GNU writes `ustar ` with a space, and no prefix.
  const ustar = text(head, 257, 6).trimEnd() === 'ustar';
  const prefix = ustar && head[263] === 0x30 ? text(head, 345, 155) : '';
  const shortPath = prefix === '' ? text(head, 0, 100) : `${prefix}/${text(head, 0, 100)}`;
  const path = pax['path'] ?? shortPath;
  const content = type === 'file' ? await input.hash(size, options.content?.(path) === true) : { sha256: '' };
  if (type === 'file') await input.takeZeros(padding(size));
  const xattrs = Object.entries(pax).filter(([key]) => key.startsWith('SCHILY.xattr.'));
  return {
    path,
    type,
    mode: octal(head, 100, 8),
    uid: 'uid' in pax ? Number(pax['uid']) : number(head, 108, 8),
    gid: 'gid' in pax ? Number(pax['gid']) : number(head, 116, 8),
    uname: pax['uname'] ?? (ustar ? text(head, 265, 32) : ''),
    gname: pax['gname'] ?? (ustar ? text(head, 297, 32) : ''),
    size,
    mtime: 'mtime' in pax ? Number(pax['mtime']) : number(head, 136, 12),
    link: pax['linkpath'] ?? text(head, 157, 100),
    major: ustar ? octal(head, 329, 8) : 0,
    minor: ustar ? octal(head, 337, 8) : 0,
    xattrs: Object.fromEntries(xattrs.map(([key, value]) => [key.slice('SCHILY.xattr.'.length), value])),
    pax,
    ...content,
  };
}

function text(head: Buffer, at: number, width: number): string {
  const field = head.toString('latin1', at, at + width);
  const end = field.indexOf('\0');
  return end < 0 ? field : field.slice(0, end);
}

function octal(head: Buffer, at: number, width: number): number {
  const field = head
    .toString('latin1', at, at + width)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (!/^[0-7]*$/.test(field)) throw new Error(`not an octal number: ${JSON.stringify(field)}`);
  return field === '' ? 0 : parseInt(field, 8);
}

/** Octal, or GNU's base 256 where the top bit is set. */
function number(head: Buffer, at: number, width: number): number {
  if ((head[at]! & 0x80) === 0) return octal(head, at, width);
  let value = (head[at]! & 0x40) === 0 ? 0n : -1n;
  for (let i = 0; i < width; i += 1)
    value = value * 256n + BigInt(i === 0 ? head[at]! & (value < 0n ? 0xff : 0x7f) : head[at + i]!);
  return Number(BigInt.asIntN(width * 8, value));
}

function paxRecords(body: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString('latin1', at, space));
    const record = body.toString('latin1', space + 1, at + length);
    const equals = record.indexOf('=');
    if (!(length > 0) || equals < 1 || !record.endsWith('\n')) throw new Error('broken pax record');
    records[record.slice(0, equals)] = record.slice(equals + 1, -1);
    at += length;
  }
  return records;
}

/** Takes exact numbers of bytes from a stream. */
class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: Bytes) {
    this.#chunks = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** The next bytes, at least one and at most `most`; undefined at the end. */
  async #some(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  async #each(size: number, use: (part: Buffer) => void): Promise<void> {
    for (let left = size; left > 0;) {
      const part = await this.#some(left);
      if (part === undefined) throw new Error('the archive ends early');
      use(part);
      left -= part.length;
    }
  }

  async take(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#each(size, (part) => parts.push(part));
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async takeZeros(size: number): Promise<void> {
    await this.#each(size, (part) => {
      if (part.some((byte) => byte !== 0)) throw new Error('bytes that should be zero are not');
    });
  }

  async zerosToTheEnd(): Promise<void> {
    for (let part = await this.#some(block); part !== undefined; part = await this.#some(block)) {
      if (part.some((byte) => byte !== 0)) throw new Error('something follows the end of the archive');
    }
  }

  async hash(size: number, keep: boolean): Promise<{ sha256: string; content?: Buffer }> {
    const hash = createHash('sha256');
    const parts: Buffer[] = [];
    await this.#each(size, (part) => {
      hash.update(part);
      if (keep) parts.push(part);
    });
    return { sha256: hash.digest('hex'), ...(keep ? { content: Buffer.concat(parts) } : {}) };
  }
}
