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

/** The decoder is WebAssembly, compiled when the first xz archive is met. */
export async function* unxz(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const { default: decoder } = await import('xz-decompress');
  const reader = new decoder.XzReadableStream(ReadableStream.from(source)).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const { buffer, byteOffset, length } = read.value;
      if (length > 0) yield Buffer.from(buffer, byteOffset, length);
    }
  } catch (error) {
    const code = /get_next_output failed with error code (\d+)/.exec((error as Error).message)?.[1];
    if (code === undefined) throw error;
    const reason = reasons[code] ?? `its decoder gave up (${code})`;
    throw problem('COMPRESSED_STREAM_DAMAGED', { format: 'xz', reason }, {}, { cause: error });
  } finally {
    // The package decodes one stream at a time: this lets the next one begin. It trips over its own feet when the
    // last bytes are still unread, after having done so.
    await reader.cancel().catch(() => {});
  }
}
