import type { DiffId, Digest } from '../base/brand.ts';
import { asDiffId, meter } from '../base/digest.ts';
import { compressor, type Compressor } from './compress.ts';
import type { Compression, PackEntry } from './entry.ts';
import { copyContent } from './file-content.ts';
import { indexWriter } from './index-writer.ts';
import { keeper } from './indexing-parser.ts';
import { tarHeader } from './tar-header.ts';

export interface PackOptions {
  readonly compression: Compression;
  /** Takes the layer's bytes in order; a promise holds the packing back. The chunk is the taker's to keep. */
  write(chunk: Uint8Array): void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Blocks compressed side by side; changes the speed, never the bytes. */
  readonly threads?: number;
  /** After every block: bytes of the tar so far. */
  onProgress?(tarBytes: number): void;
}

export interface PackedLayer {
  readonly diffId: DiffId;
  /** Of the bytes as written. */
  readonly digest: Digest;
  readonly size: number;
  readonly tarSize: number;
  readonly compression: Compression['type'];
  readonly index: Uint8Array;
}

/** Two blocks of zeros. */
const endOfArchive = Buffer.alloc(1024);
const zeros = Buffer.alloc(512);

/**
 * Entries → a layer, in one pass: tar, diff id, compression, digest, index. Entries are taken one by one as there
 * is room; memory stays the same whatever the layer's size. The same entries give the same diff id everywhere.
 */
export async function packLayer(
  entries: Iterable<PackEntry> | AsyncIterable<PackEntry>,
  options: PackOptions,
): Promise<PackedLayer> {
  const tar = meter();
  // What is not compressed has one digest.
  const layer = options.compression.type === 'none' ? undefined : meter();
  const output = compressor({
    compression: options.compression,
    signal: options.signal,
    ...(options.threads !== undefined && { threads: options.threads }),
    onBlock(block) {
      tar.update(block);
      options.onProgress?.(tar.size);
    },
    write(chunk) {
      layer?.update(chunk);
      return options.write(chunk);
    },
  });
  try {
    const index = await writeEntries(entries, output);
    await output.end();
    const { size: tarSize } = tar;
    const diffId = tar.digest();
    return {
      diffId: asDiffId(diffId),
      digest: layer?.digest() ?? diffId,
      size: layer?.size ?? tarSize,
      tarSize,
      compression: options.compression.type,
      index,
    };
  } catch (error) {
    await output.stop();
    throw error;
  }
}

async function writeEntries(
  entries: Iterable<PackEntry> | AsyncIterable<PackEntry>,
  output: Compressor,
): Promise<Uint8Array> {
  const index = indexWriter();
  const kept = keeper(index);
  for await (const entry of entries) {
    const waitForHeader = output.write(tarHeader(entry));
    if (waitForHeader) await waitForHeader;
    index.add(entry);
    if (entry.type !== 'file') continue;
    const keeps = kept.begin(entry);
    const waitForContent = copyContent(entry, output, keeps ? (chunk) => kept.data(chunk) : undefined);
    if (waitForContent) await waitForContent;
    if (keeps) kept.end();
    const padding = -entry.size & 511;
    const waitForPadding = padding > 0 ? output.write(zeros.subarray(0, padding)) : undefined;
    if (waitForPadding) await waitForPadding;
  }
  await output.write(endOfArchive);
  return index.end();
}
