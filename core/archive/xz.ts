import { ReadableStream } from 'node:stream/web';
import { problem } from '../base/errors.ts';

/** What xz-embedded, the decoder inside the package, returns (its `enum xz_ret`). */
const reasons: Readonly<Record<string, string>> = {
  '2': 'it has a checksum of an unknown kind',
  '3': 'it needs more memory than there is',
  '4': 'it needs more memory than there is',
  '5': 'it is no xz stream',
  '6': 'it uses a filter or a checksum that only the xz program knows',
  '7': 'its data is corrupt',
  '8': 'it is cut short',
};

/** The decoder is half a megabyte of WebAssembly, loaded when the first xz archive is met. */
export async function* unxz(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const { default: decoder } = await import('xz-decompress');
  const plain = new decoder.XzReadableStream(ReadableStream.from(source));
  try {
    // Leaving the loop cancels the stream, which lets the package's one decoder go to whoever waits for it.
    for await (const chunk of plain)
      if (chunk.length > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  } catch (error) {
    const code = /get_next_output failed with error code (\d+)/.exec((error as Error).message)?.[1];
    if (code === undefined) throw error;
    const reason = reasons[code] ?? `its decoder gave up (${code})`;
    throw problem('COMPRESSED_STREAM_DAMAGED', { format: 'xz', reason }, {}, { cause: error });
  }
}
