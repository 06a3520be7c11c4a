import { problem } from '../base/errors.ts';
import { bitReader, type BitReader } from './bit-reader.ts';
import { readSymbols } from './bzip2-symbols.ts';
import type { ByteReader } from './byte-reader.ts';

/*
 * bzip2 has no specification but its code; names follow it. No maintained package decodes it as a stream, and old
 * source archives still come in it.
 */

const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;
/** A block is at most 900,000 symbols of at most 20 bits, behind less than 32 KB of tables. */
const largestBlock = 2_400_000;
/** Output is handed on in pieces of this size; one block can stand for 46 MB. */
const pieceBytes = 256 * 1024;

const damaged = (reason: string) => problem('COMPRESSED_STREAM_DAMAGED', { format: 'bzip2', reason });

export async function* unbzip2(reader: ByteReader): AsyncGenerator<Buffer, void> {
  for (let head = await reader.read(4); head.length > 0; head = await reader.read(4)) {
    const level = head.length === 4 && head.toString('latin1', 0, 3) === 'BZh' ? head[3]! - 0x30 : 0;
    if (level < 1 || level > 9) throw damaged('something that is no bzip2 stream follows one');
    yield* stream(reader, level * 100_000);
  }
}

/** Blocks follow one another without regard for bytes; the stream is filled up at its end. */
async function* stream(reader: ByteReader, blockSize: number): AsyncGenerator<Buffer, void> {
  let bit = 0;
  let combined = 0;
  for (;;) {
    const bits = bitReader(await reader.peek(largestBlock), bit, () => damaged('it is cut short'));
    const magic = bits.take(24) * 2 ** 24 + bits.take(24);
    const crc = word(bits);
    if (magic === endMagic) {
      if (crc !== combined >>> 0) throw damaged('its checksum is wrong');
      await reader.read(Math.ceil(bits.position / 8));
      return;
    }
    if (magic !== blockMagic) throw damaged('a block does not begin as it should');
    if (bits.take(1) === 1) throw damaged('it was made by a version of 1997 that is no longer read');
    const origin = bits.take(24);
    const { counts, bytes, length } = readSymbols(bits, blockSize, damaged);
    const sum = checksum();
    for (const piece of untangle(counts, bytes, length, origin)) {
      sum.update(piece);
      yield piece;
    }
    if (sum.value() !== crc) throw damaged('the checksum of a block is wrong');
    combined = ((combined << 1) | (combined >>> 31)) ^ crc;
    await reader.read(Math.floor(bits.position / 8));
    bit = bits.position % 8;
  }
}

const word = (bits: BitReader): number => bits.take(16) * 0x10000 + bits.take(16);

/** Undoes the Burrows-Wheeler transform, then the run lengths: four equal bytes are followed by a count of more. */
function* untangle(counts: Uint32Array, bytes: Uint32Array, length: number, origin: number): Generator<Buffer, void> {
  if (origin >= length) throw damaged('a block points out of itself');
  let sum = 0;
  const starts = counts.map((count) => (sum += count) - count);
  // Low byte: the byte itself; above: where its follower stands.
  for (let i = 0; i < length; i++) bytes[starts[bytes[i]! & 0xff]!++]! |= i << 8;
  let piece = Buffer.allocUnsafe(pieceBytes);
  let filled = 0;
  let run = 0;
  let before = -1;
  let position = bytes[origin]! >>> 8;
  for (let left = length; left > 0; left--) {
    const cell = bytes[position]!;
    const byte = cell & 0xff;
    position = cell >>> 8;
    if (run === 4) {
      run = 0;
      if (filled + byte > pieceBytes) {
        yield piece.subarray(0, filled);
        piece = Buffer.allocUnsafe(pieceBytes);
        filled = 0;
      }
      piece.fill(before, filled, filled + byte);
      filled += byte;
      before = -1;
      continue;
    }
    run = byte === before ? run + 1 : 1;
    before = byte;
    if (filled === pieceBytes) {
      yield piece;
      piece = Buffer.allocUnsafe(pieceBytes);
      filled = 0;
    }
    piece[filled++] = byte;
  }
  yield piece.subarray(0, filled);
}

/** CRC-32 with the highest bit first, as nothing else has it. */
function checksum(): { update(bytes: Buffer): void; value(): number } {
  let crc = 0xffffffff;
  return {
    update(bytes) {
      for (let i = 0; i < bytes.length; i++) crc = (crc << 8) ^ crcTable[((crc >>> 24) ^ bytes[i]!) & 0xff]!;
    },
    value: () => ~crc >>> 0,
  };
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});
