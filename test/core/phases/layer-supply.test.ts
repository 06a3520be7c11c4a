/** What an image says of its layers is held against the bytes. */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath, type DiffId } from '../../../core/base/brand.ts';
import { digestOf } from '../../../core/base/digest.ts';
import type { Blobs } from '../../../core/contract/blobs.ts';
import type { Layer, ResolvedImage } from '../../../core/contract/model.ts';
import type { Registry } from '../../../core/contract/registry.ts';
import type { Store } from '../../../core/contract/store.ts';
import { supplyBlobs } from '../../../core/phases/layer-supply.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { testWorld, type TestWorld } from '../registry/test-world.ts';

const tar = Buffer.alloc(1024);
const packed = gzipSync(tar);
const honest: Layer = {
  descriptor: {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(packed),
    size: packed.length,
  },
  diffId: digestOf(tar) as string as DiffId,
  seenIn: [],
};

let directory: TempDir;
let world: TestWorld;
let store: Store;
beforeEach(async () => {
  directory = await tempDir('supply');
  world = testWorld();
  store = await openStore(hostPath(directory.at('store')));
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await directory.remove();
});

/** The layers of an image that sends `bytes` whatever is asked for; nobody else has anything. */
function supply(layer: Layer, bytes: Uint8Array): Blobs {
  const registry = { openBlob: () => expect.unreachable('the image has the blob') } as unknown as Registry;
  const blobs = supplyBlobs(world, store, registry);
  async function* open(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  blobs.knows({ layers: [layer], open } as unknown as ResolvedImage);
  return blobs;
}

describe('the index of a layer that is not here', () => {
  test('is made from the stream and kept', async () => {
    expect((await supply(honest, packed).index(honest)).length).toBe(0);
    expect(await store.indexes.get(honest.diffId)).toBeDefined();
  });

  test('is refused when other bytes come', async () => {
    const other = gzipSync(Buffer.alloc(2048));
    await expect(supply(honest, other).index(honest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await store.indexes.get(honest.diffId)).toBeUndefined();
  });

  test('is not filed under the name of another layer', async () => {
    const posing = { ...honest, diffId: digestOf('somebody else') as string as DiffId };
    await expect(supply(posing, packed).index(posing)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await store.indexes.get(posing.diffId)).toBeUndefined();
  });
});
