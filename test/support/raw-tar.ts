/**
 * Tar archives by hand, header byte by header byte (POSIX.1-2008 pax, GNU), in both directions: a second opinion on the
 * product's own reader and writer. Bytes read from archives are strings with one character per byte.
 */
export type TarType = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/** Text stands for its UTF-8 bytes. */
export type TarText = string | Buffer;

export interface TarItem {
  readonly path: TarText;
  /** `file` if not said. */
  readonly type?: TarType;
  readonly content?: TarText;
  readonly link?: TarText;
  /** 0755 for directories, 0777 for symlinks and 0644 for all else, if not said. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly uname?: string;
  readonly gname?: string;
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: Readonly<Record<string, TarText>>;
  /** Further pax records. */
  readonly pax?: Readonly<Record<string, TarText>>;
  /** How long names and large numbers are written. */
  readonly dialect?: 'pax' | 'gnu';
}

export interface TarEntry {
  /** As it stands in the archive, `./` and a last `/` included. */
  readonly path: string;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
  readonly size: number;
  readonly mtime: number;
  readonly link: string;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: Readonly<Record<string, string>>;
  /** All pax records that apply, as they were written. */
  readonly pax: Readonly<Record<string, string>>;
  /** Of the content; empty for all but files. */
  readonly sha256: string;
  /** Where it was asked for. */
  readonly content?: Buffer;
}

/** Archives are made of blocks of so many bytes. */
export const block = 512;

const flags: Record<TarType, string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
/** Type flags as they stand in headers; an old archive has a zero byte for a file. */
export const typesByFlag: ReadonlyMap<string, TarType> = new Map<string, TarType>([
  ...(Object.entries(flags) as [TarType, string][]).map(([type, flag]): [string, TarType] => [flag, type]),
  ['\0', 'file'],
  ['7', 'file'],
]);
const bytesOf = (text: TarText): Buffer => (typeof text === 'string' ? Buffer.from(text) : text);

/** How many bytes fill up the last block of a content. */
export const padding = (size: number): number => (block - (size % block)) % block;

/** One archive out of the items, in their order, with its two closing blocks. */
export function writeTar(items: readonly TarItem[]): Buffer {
  return Buffer.concat([...items.flatMap(writeItem), Buffer.alloc(2 * block)]);
}

function writeItem(item: TarItem): Buffer[] {
  const content = bytesOf(item.content ?? '');
  const body = [content, Buffer.alloc(padding(content.length))];
  if (item.dialect === 'gnu') {
    const long = (flag: string, text: TarText | undefined): Buffer[] => {
      const bytes = bytesOf(text ?? '');
      if (bytes.length <= 100) return [];
      return [
        header({ path: '././@LongLink' }, flag, bytes.length + 1, true),
        bytes,
        Buffer.alloc(1 + padding(bytes.length + 1)),
      ];
    };
    return [
      ...long('K', item.link),
      ...long('L', item.path),
      header(item, flags[item.type ?? 'file'], content.length, true),
      ...body,
    ];
  }
  const records = paxRecords(item);
  const extended = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const before =
    records.length === 0
      ? []
      : [
          header({ path: 'PaxHeaders/x' }, 'x', extended.length, false),
          extended,
          Buffer.alloc(padding(extended.length)),
        ];
  return [...before, header(item, flags[item.type ?? 'file'], content.length, false), ...body];
}

const largestOctal = (digits: number): number => 8 ** digits - 1;

function paxRecords(item: TarItem): [string, Buffer][] {
  const records: [string, Buffer][] = [];
  const add = (key: string, value: TarText | number): void =>
    void records.push([key, bytesOf(typeof value === 'number' ? String(value) : value)]);
  if (bytesOf(item.path).length > 100) add('path', item.path);
  if (bytesOf(item.link ?? '').length > 100) add('linkpath', item.link!);
  if ((item.uid ?? 0) > largestOctal(7)) add('uid', item.uid!);
  if ((item.gid ?? 0) > largestOctal(7)) add('gid', item.gid!);
  const mtime = item.mtime ?? 0;
  if (mtime < 0 || mtime > largestOctal(11) || !Number.isInteger(mtime)) add('mtime', mtime);
  for (const [name, value] of Object.entries(item.xattrs ?? {})) add(`SCHILY.xattr.${name}`, value);
  for (const [name, value] of Object.entries(item.pax ?? {})) add(name, value);
  return records;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function header(item: TarItem, flag: string, size: number, gnu: boolean): Buffer {
  const head = Buffer.alloc(block);
  const number = (value: number, at: number, width: number): void => {
    const digits = width - 1;
    if (value >= 0 && value <= largestOctal(digits) && Number.isInteger(value))
      head.write(value.toString(8).padStart(digits, '0'), at);
    else if (gnu) base256(value, width).copy(head, at);
    else head.write('0'.repeat(digits), at);
  };
  bytesOf(item.path).copy(head, 0, 0, 100);
  number(item.mode ?? (item.type === 'directory' ? 0o755 : item.type === 'symlink' ? 0o777 : 0o644), 100, 8);
  number(item.uid ?? 0, 108, 8);
  number(item.gid ?? 0, 116, 8);
  number(size, 124, 12);
  number(item.mtime ?? 0, 136, 12);
  head.write(flag, 156);
  bytesOf(item.link ?? '').copy(head, 157, 0, 100);
  head.write(gnu ? 'ustar  \0' : 'ustar\u000000', 257, 'latin1');
  head.write(item.uname ?? '', 265);
  head.write(item.gname ?? '', 297);
  number(item.major ?? 0, 329, 8);
  number(item.minor ?? 0, 337, 8);
  head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

/** GNU's numbers outside the octal range: two's complement, with the top bit of a positive one set as a mark. */
function base256(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(width, value < 0 ? 0xff : 0);
  bytes.writeBigInt64BE(BigInt(Math.floor(value)), width - 8);
  bytes[0] = bytes[0]! | 0x80;
  return bytes;
}

/** The sum of all bytes of a header, its own field counted as spaces. */
export function checksum(head: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < block; at += 1) if (at < 148 || at >= 156) sum += head[at]!;
  return sum;
}
