import { pipeline, Readable, type Transform } from 'node:stream';
import { problem } from '../base/errors.ts';

/** A stream through one of Node's transforms; leaving early ends both. */
export async function* through(source: AsyncIterable<Buffer>, transform: Transform): AsyncGenerator<Buffer, void> {
  // What goes wrong shows while the transform is read.
  pipeline(Readable.from(source, { objectMode: false }), transform, () => {});
  yield* transform as AsyncIterable<Buffer>;
}

/** What zlib itself complains of, as a problem; whatever befell the source, as it is. */
export function damagedUnless(error: unknown, format: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string' || !/^(?:Z_|ZSTD_|ERR_ZLIB|ERR_BUFFER)/.test(code)) return error;
  return problem('COMPRESSED_STREAM_DAMAGED', { format, reason: message }, {}, { cause: error });
}
