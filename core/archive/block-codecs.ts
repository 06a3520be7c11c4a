import { constants, crc32, deflateRaw, zstdCompress } from 'node:zlib';
import type { Compression } from './entry.ts';

/** Bytes of a block: enough to lose nothing to the seams, little enough to keep every core busy. */
export const blockBytes = 1 << 20;

/** Turns blocks into compressed bytes, each on its own thread. Called in the order of the blocks. */
export interface BlockCodec {
  readonly head: Uint8Array;
  encode(block: Buffer): Promise<Uint8Array>;
  /** After the last block. */
  tail(): Uint8Array;
  /** The result of `encode` is the block itself. */
  readonly handsOn: boolean;
}

export function blockCodec(compression: Compression): BlockCodec {
  if (compression.type === 'gzip') return gzipCodec(compression.level);
  if (compression.type === 'zstd') return zstdCodec(compression.level ?? 3);
  return { head: nothing, encode: (block) => Promise.resolve(block), tail: () => nothing, handsOn: true };
}

const nothing = new Uint8Array(0);
/** How far back deflate looks. */
const windowBytes = 32 * 1024;
/** What compresses well: 6 would take twice the time for 4 % less. */
const usualLevel = 4;
/** What compresses badly: searching on wins 3 % and takes a third more time. */
const denseLevel = 1;
/** Bits of entropy a byte: source code has 4 to 5, programs 5 to 6, pictures, weights and archives more. */
const dense = 6.25;
const random = 7.95;

/** One gzip member; every block knows the window before it, so the seams cost nothing (RFC 1951, RFC 1952). */
function gzipCodec(asked: number | undefined): BlockCodec {
  let window: Buffer | undefined;
  let crc = 0;
  let size = 0;
  return {
    // No name, no time, "unknown" as system.
    head: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]),
    encode(block) {
      const dictionary = window;
      window = Buffer.from(block.subarray(-windowBytes));
      crc = crc32(block, crc);
      size += block.length;
      const bits = entropy(block);
      if (bits > random) return Promise.resolve(storedBlocks(block));
      return deflated(block, asked ?? (bits > dense ? denseLevel : usualLevel), dictionary);
    },
    tail() {
      // An empty final block, then what the bytes were.
      const end = Buffer.alloc(10);
      end[0] = 3;
      end.writeUInt32LE(crc, 2);
      end.writeUInt32LE(size % 2 ** 32, 6);
      return end;
    },
    handsOn: false,
  };
}

function deflated(block: Buffer, level: number, dictionary: Buffer | undefined): Promise<Uint8Array> {
  const options = {
    level,
    // The larger tables are a tenth faster, and the result is no larger.
    memLevel: 9,
    chunkSize: 512 * 1024,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(dictionary && { dictionary }),
  };
  return new Promise((resolve, reject) => {
    deflateRaw(block, options, (error, result) => {
      if (error) reject(error);
      else resolve(result.length < block.length ? result : storedBlocks(block));
    });
  });
}

/** Deflate's way to say "as it is": a byte 0, length and its complement, then up to 65,535 bytes. */
function storedBlocks(block: Buffer): Buffer {
  const most = 0xffff;
  const out = Buffer.allocUnsafe(block.length + 5 * Math.ceil(block.length / most));
  let to = 0;
  for (let from = 0; from < block.length; from += most) {
    const length = Math.min(most, block.length - from);
    out[to] = 0;
    out.writeUInt16LE(length, to + 1);
    out.writeUInt16LE(length ^ most, to + 3);
    block.copy(out, to + 5, from, from + length);
    to += 5 + length;
  }
  return out;
}

/** Bits a byte of 16 KiB sampled from a block, if all bytes were independent; 0 for blocks too small to sample. */
function entropy(block: Buffer): number {
  const pieces = 32;
  const length = 512;
  if (block.length < pieces * length) return 0;
  const counts = new Uint32Array(256);
  const step = Math.floor((block.length - length) / (pieces - 1));
  for (let piece = 0; piece < pieces; piece++) {
    const from = piece * step;
    for (let i = from; i < from + length; i++) counts[block[i]!]!++;
  }
  const total = pieces * length;
  let bits = 0;
  for (const count of counts) if (count > 0) bits += count * Math.log2(total / count);
  return bits / total;
}

/** Independent frames. The library's own threads (`ZSTD_c_nbWorkers`) truncate the output of Node's streams. */
function zstdCodec(level: number): BlockCodec {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return {
    head: nothing,
    encode: (block) =>
      new Promise((resolve, reject) => {
        const options = { params, chunkSize: 512 * 1024, pledgedSrcSize: block.length };
        zstdCompress(block, options, (error, result) => (error ? reject(error) : resolve(result)));
      }),
    tail: () => nothing,
    handsOn: false,
  };
}
