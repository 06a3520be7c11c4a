import { problem } from '../base/errors.ts';

/** Everything in a tar comes in blocks of this many bytes. */
export const blockSize = 512;

/** Where a field stands in a header block, and how long it is (POSIX.1-2024 pax, "ustar Interchange Format"). */
export const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const satisfies Record<string, readonly [at: number, length: number]>;

type Field = readonly [at: number, length: number];

/** Bytes up to the first NUL. */
export function textField(block: Buffer, [at, length]: Field): string {
  let end = at;
  const limit = at + length;
  while (end < limit && block[end] !== 0) end++;
  return block.toString('latin1', at, end);
}

/** Octal digits among blanks and NULs, or a big-endian two's complement number when the top bit is set (GNU, star). */
export function numberField(block: Buffer, [at, length]: Field, offset: number): number {
  const first = block[at]!;
  if (first & 0x80) return binaryField(block, at, length, offset);
  let value = 0;
  let begun = false;
  for (let i = at; i < at + length; i++) {
    const byte = block[i]!;
    if (byte >= 48 && byte <= 55) {
      value = value * 8 + (byte - 48);
      begun = true;
    } else if (byte === 0 || byte === 32) {
      if (begun) return value;
    } else throw problem('ARCHIVE_DAMAGED', { reason: 'A header has a number that is none', offset: offset + i });
  }
  return value;
}

function binaryField(block: Buffer, at: number, length: number, offset: number): number {
  const negative = (block[at]! & 0x40) !== 0;
  let value = negative ? -1 : 0;
  for (let i = at; i < at + length; i++) {
    // The first byte carries the mark in its top bit; the next bit is the sign.
    const byte = i === at ? (negative ? block[i]! : block[i]! & 0x7f) : block[i]!;
    value = value * 256 + byte;
  }
  if (!Number.isSafeInteger(value))
    throw problem('ARCHIVE_DAMAGED', { reason: 'A header has a number beyond all bounds', offset: offset + at });
  return value;
}

/** Some writers of old summed signed chars; both sums pass. */
export function checksumHolds(block: Buffer): boolean {
  let sum = 8 * 32;
  let high = 0;
  for (let i = 0; i < 148; i++) {
    sum += block[i]!;
    high += block[i]! >> 7;
  }
  for (let i = 156; i < blockSize; i++) {
    sum += block[i]!;
    high += block[i]! >> 7;
  }
  const [at, length] = field.checksum;
  let stated = 0;
  for (let i = at; i < at + length; i++) {
    const byte = block[i]!;
    if (byte >= 48 && byte <= 55) stated = stated * 8 + (byte - 48);
    else if (byte !== 0 && byte !== 32) return false;
  }
  return stated === sum || stated === sum - 256 * high;
}

const zeros = Buffer.alloc(blockSize);
export const isZeroBlock = (block: Buffer): boolean => block[0] === 0 && block.equals(zeros);
