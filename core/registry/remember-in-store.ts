import type { Digest } from '../base/brand.ts';
import type { BlobStore } from '../contract/store.ts';
import type { Remember } from './remember.ts';

/** Manifests and configs among the blobs of the store; the next build finds them there. */
export const rememberIn = (blobs: BlobStore): Remember => ({
  async get(digest) {
    return (await blobs.has(digest)) ? readWhole(blobs, digest) : undefined;
  },
  async put(digest, bytes) {
    await blobs.write([bytes], { digest, size: bytes.byteLength });
  },
});

/** Bytes. A manifest may name a layer as if it were a manifest. */
const limit = 8 << 20;

async function readWhole(blobs: BlobStore, digest: Digest): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of blobs.open(digest)) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
