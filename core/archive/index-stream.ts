import type { DiffId, Digest } from '../base/brand.ts';
import { asDiffId, meter, type Meter } from '../base/digest.ts';
import { decompressed } from './decompress.ts';
import { indexingParser, type IndexingOptions } from './indexing-parser.ts';
import type { LayerHandler } from './whiteouts.ts';

export interface IndexedLayer {
  readonly index: Uint8Array;
  readonly diffId: DiffId;
  /** Of the bytes as they came. */
  readonly digest: Digest;
  readonly size: number;
  readonly tarSize: number;
}

/** Streams a layer, compressed or plain, once: for its index and digests, and for `handler` to use what it holds. */
export async function indexOf(
  source: AsyncIterable<Uint8Array>,
  handler?: LayerHandler,
  options?: IndexingOptions,
): Promise<IndexedLayer> {
  const layer = meter();
  const tar = meter();
  const parser = indexingParser(handler, options);
  for await (const chunk of decompressed(metered(source, layer))) {
    tar.update(chunk);
    parser.write(chunk);
  }
  parser.end();
  return {
    index: parser.index(),
    diffId: asDiffId(tar.digest()),
    digest: layer.digest(),
    size: layer.size,
    tarSize: tar.size,
  };
}

async function* metered(source: AsyncIterable<Uint8Array>, meter: Meter): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of source) {
    meter.update(chunk);
    yield chunk;
  }
}
