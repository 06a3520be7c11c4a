import { BuildError } from '../base/errors.ts';
import { compressionOf, decompressed, type CompressedFormat } from './decompress.ts';
import { blockSize, checksumHolds } from './tar-fields.ts';
import { byteReader } from './byte-reader.ts';

/**
 * What ADD must know of a file: is it a tar, plain or compressed? A name says nothing; a gzip file that holds no tar
 * is a plain file. Reads as far as the first header and ends the source. The start of a file will do as source:
 * 64 KiB for all but bzip2, whose blocks only decode as a whole.
 */
export async function sniffArchive(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<'tar' | CompressedFormat | undefined> {
  const reader = byteReader(source);
  const format = compressionOf(await reader.peek(6));
  const plain = byteReader(decompressed(reader.rest()));
  try {
    const block = await plain.peek(blockSize);
    if (block.length < blockSize || block[0] === 0 || !checksumHolds(block)) return undefined;
    return format ?? 'tar';
  } catch (error) {
    // It only looks like a compressed stream.
    if (BuildError.is(error) && error.code === 'COMPRESSED_STREAM_DAMAGED') return undefined;
    throw error;
  } finally {
    await plain.close();
    await reader.close();
  }
}
