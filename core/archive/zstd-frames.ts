import { createZstdDecompress, zstdDecompress } from 'node:zlib';
import { problem } from '../base/errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { damagedUnless, through } from './through.ts';

/*
 * Node's zstd streams stop without a word at the end of the first frame, and a layer has many: ours one a megabyte,
 * others' frames to skip in front and behind. So frames are told apart here (RFC 8878) and decoded one by one.
 */

/** Frames that say they hold no more are decoded in one go, several side by side. */
const largestWhole = 8 << 20;
const sideBySide = 3;

const damaged = (reason: string) => problem('COMPRESSED_STREAM_DAMAGED', { format: 'zstd', reason });

export async function* unzstd(reader: ByteReader): AsyncGenerator<Buffer, void> {
  const whole: Promise<Buffer>[] = [];
  for (;;) {
    const frame = await nextFrame(reader);
    if (frame && frame.contentSize !== undefined && frame.contentSize <= largestWhole) {
      const job = decodeWhole(await gather(frame, frame.contentSize), frame.contentSize);
      // Its failure shows when its turn comes, if it ever does.
      job.catch(() => {});
      whole.push(job);
      if (whole.length >= sideBySide) yield await whole.shift()!;
      continue;
    }
    for (const job of whole.splice(0)) yield await job;
    if (!frame) return;
    yield* decodeStream(frame);
  }
}

interface Frame {
  readonly header: Buffer;
  /** When the frame says it. */
  readonly contentSize: number | undefined;
  /** Header, blocks and checksum, in order. */
  pieces(): AsyncGenerator<Buffer, void>;
}

/** The next frame with content; `undefined` at the end. */
async function nextFrame(reader: ByteReader): Promise<Frame | undefined> {
  for (;;) {
    const start = await reader.peek(8);
    if (start.length === 0) return undefined;
    if (start.length < 8) throw damaged('it ends in the middle of a frame');
    const magic = start.readUInt32LE(0);
    if (magic === 0xfd2fb528) return openFrame(reader);
    if ((magic & 0xfffffff0) >>> 0 !== 0x184d2a50) throw damaged('something that is no frame follows a frame');
    await reader.read(8);
    await skip(reader, start.readUInt32LE(4));
  }
}

async function skip(reader: ByteReader, length: number): Promise<void> {
  for (let left = length; left > 0;) {
    const skipped = await reader.read(Math.min(left, 1 << 16));
    if (skipped.length === 0) throw damaged('it ends in the middle of a frame');
    left -= skipped.length;
  }
}

/** Header fields: RFC 8878, 3.1.1.1. */
async function openFrame(reader: ByteReader): Promise<Frame> {
  const descriptor = (await reader.peek(5))[4]!;
  const single = (descriptor & 0x20) !== 0;
  const window = single ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const sizeField = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const header = await exactly(reader, 5 + window + dictionary + sizeField);
  const at = header.length - sizeField;
  return {
    header,
    contentSize: readSize(header, at, sizeField),
    async *pieces() {
      yield header;
      for (;;) {
        const start = (await reader.peek(3)).length === 3 ? (await reader.peek(3)).readUIntLE(0, 3) : -1;
        if (start === -1) throw damaged('it ends in the middle of a frame');
        // Last, type, size: a run of one byte is stored as that byte.
        yield await exactly(reader, 3 + (((start >> 1) & 3) === 1 ? 1 : start >> 3));
        if (start & 1) break;
      }
      if (descriptor & 4) yield await exactly(reader, 4);
    },
  };
}

function readSize(header: Buffer, at: number, length: number): number | undefined {
  switch (length) {
    case 1:
      return header[at]!;
    case 2:
      return header.readUInt16LE(at) + 256;
    case 4:
      return header.readUInt32LE(at);
    case 8:
      return Number(header.readBigUInt64LE(at));
    default:
      return undefined;
  }
}

async function exactly(reader: ByteReader, length: number): Promise<Buffer> {
  const bytes = await reader.read(length);
  if (bytes.length < length) throw damaged('it ends in the middle of a frame');
  return bytes;
}

async function gather(frame: Frame, contentSize: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const piece of frame.pieces()) {
    parts.push(piece);
    size += piece.length;
    // No encoder makes a frame so much larger than its content.
    if (size > contentSize * 2 + (1 << 16)) throw damaged('a frame holds more than it says');
  }
  return Buffer.concat(parts, size);
}

function decodeWhole(frame: Buffer, contentSize: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const size = Math.max(contentSize, 64);
    zstdDecompress(frame, { chunkSize: size, maxOutputLength: size }, (error, result) => {
      if (error) reject(damagedUnless(error, 'zstd'));
      else if (result.length !== contentSize) reject(damaged('a frame does not hold what it says'));
      else resolve(result);
    });
  });
}

async function* decodeStream(frame: Frame): AsyncGenerator<Buffer, void> {
  try {
    yield* through(frame.pieces(), createZstdDecompress({ chunkSize: 256 * 1024 }));
  } catch (error) {
    throw damagedUnless(error, 'zstd');
  }
}
