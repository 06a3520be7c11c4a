import { createGunzip } from 'node:zlib';
import { byteReader, type ByteReader } from './byte-reader.ts';
import { unbzip2 } from './bzip2.ts';
import { damagedUnless, through } from './through.ts';
import { unxz } from './xz.ts';
import { unzstd } from './zstd-frames.ts';

export type CompressedFormat = 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** Bytes at the start that tell the formats apart. */
const magicLength = 6;

/** What the first bytes say; `undefined` for what is not compressed, or not in a way known here. */
export function compressionOf(head: Uint8Array): CompressedFormat | undefined {
  const begins = (...magic: number[]): boolean => magic.every((byte, at) => head[at] === byte);
  if (begins(0x1f, 0x8b, 8)) return 'gzip';
  // A zstd frame, or a frame to skip, as seekable archives begin with.
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  if ((head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd';
  if (begins(0x42, 0x5a, 0x68) && head[3]! >= 0x31 && head[3]! <= 0x39) return 'bzip2';
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)) return 'xz';
  return undefined;
}

/** The plain bytes of a stream, whatever it is compressed with; told by content, not by name. */
export async function* decompressed(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  const reader = byteReader(source);
  try {
    yield* plain(reader, compressionOf(await reader.peek(magicLength)));
  } finally {
    await reader.close();
  }
}

function plain(reader: ByteReader, format: CompressedFormat | undefined): AsyncGenerator<Buffer, void> {
  if (format === 'gzip') return gunzip(reader.rest());
  if (format === 'zstd') return unzstd(reader);
  if (format === 'bzip2') return unbzip2(reader);
  if (format === 'xz') return unxz(reader.rest());
  return reader.rest();
}

async function* gunzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  try {
    // Small output chunks cost a fifth more.
    yield* through(source, createGunzip({ chunkSize: 256 * 1024 }));
  } catch (error) {
    throw damagedUnless(error, 'gzip');
  }
}
