import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf, readIndex, type Descriptor, type Digest } from '../../core/index.ts';
import { problem } from './problems.ts';

/** Bytes; manifests and configs of real images have a few kilobytes. */
const largest = 8 << 20;

/** An OCI image layout: `index.json` and `blobs/sha256/…` (image-layout.md). */
export interface Layout {
  readonly directory: string;
  /** What `index.json` names. */
  readonly named: readonly Descriptor[];
  /** A manifest, an index or a config: small, and verified. */
  document(digest: Digest): Promise<Uint8Array>;
  /** A layer, as it lies there: whoever reads all of it verifies it. */
  layer(digest: Digest, offset?: number): AsyncIterable<Uint8Array>;
}

export async function openLayout(directory: string): Promise<Layout> {
  const blob = (digest: Digest): string => join(directory, 'blobs/sha256', hexOf(digest));
  const named = readIndex(await indexBytes(directory), 'application/vnd.oci.image.index.v1+json').manifests;
  return {
    directory,
    named,
    async document(digest) {
      const file = blob(digest);
      const size = await stat(file).then(({ size: bytes }) => bytes, lost(file));
      if (size > largest) throw problem('DAMAGED', { file, reason: `has ${size} bytes, too many for what it is` });
      const bytes = await readFile(file).catch(lost(file));
      if (digestOf(bytes) !== digest) throw problem('DAMAGED', { file, reason: 'is not what its name says' });
      return bytes;
    },
    async *layer(digest, offset = 0) {
      const file = blob(digest);
      try {
        yield* createReadStream(file, { start: offset, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
      } catch (error) {
        lost(file)(error);
      }
    },
  };
}

async function indexBytes(directory: string): Promise<Uint8Array> {
  const file = join(directory, 'index.json');
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw problem('NOT_A_LAYOUT', { directory, reason: 'it is a file', archive: true });
    throw problem('NOT_A_LAYOUT', { directory, reason: code === 'ENOENT' ? 'it has no index.json' : `${code}` });
  }
}

const lost =
  (file: string) =>
  (error: unknown): never => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw problem('DAMAGED', { file, reason: code === 'ENOENT' ? 'is missing' : `cannot be read (${code})` });
  };
