import type { DiffId, Digest } from '../base/brand.ts';
import { meter } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import { pool } from '../base/pool.ts';
import { indexOf } from '../archive/index-stream.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Layer, ResolvedImage } from '../contract/model.ts';
import type { Registry } from '../contract/registry.ts';
import type { Store } from '../contract/store.ts';
import type { Blobs } from '../contract/blobs.ts';
import type { World } from '../contract/world.ts';

/** Downloads at a time: enough to keep a registry busy, few enough to leave cores for unpacking. */
const downloads = 4;

/** Where the bytes of layers come from: the store first, else where they were seen. */
export function supplyBlobs(world: World, store: Store, registry: Registry): Blobs {
  const origins = new Map<Digest, ResolvedImage>();
  const fetching = new Map<Digest, Promise<void>>();
  const indexing = new Map<DiffId, Promise<LayerIndex>>();
  const lanes = pool(downloads);

  const openRemote = (descriptor: Descriptor, seenIn: readonly string[], offset = 0): AsyncIterable<Uint8Array> => {
    const origin = origins.get(descriptor.digest);
    if (origin) return origin.open(descriptor, offset);
    const at = seenIn[0];
    if (at === undefined) throw problem('LAYER_LOST', { digest: descriptor.digest });
    return registry.openBlob(at, descriptor, offset);
  };

  const openBlob = async function* (
    descriptor: Descriptor,
    seenIn: readonly string[],
    offset = 0,
  ): AsyncGenerator<Uint8Array> {
    if (await store.blobs.has(descriptor.digest)) yield* store.blobs.open(descriptor.digest, offset);
    else if (offset > 0) yield* openRemote(descriptor, seenIn, offset);
    else yield* verified(openRemote(descriptor, seenIn), descriptor);
  };

  const openUnverified = async function* ({ descriptor, seenIn }: Layer): AsyncGenerator<Uint8Array> {
    yield* (await store.blobs.has(descriptor.digest))
      ? store.blobs.open(descriptor.digest)
      : openRemote(descriptor, seenIn);
  };

  const fetch = async (layer: Layer): Promise<void> => {
    if (await store.blobs.has(layer.descriptor.digest)) return;
    await lanes.run(() => download(layer, openRemote(layer.descriptor, layer.seenIn), world, store));
  };

  const index = async (layer: Layer): Promise<LayerIndex> => {
    const known = await store.indexes.get(layer.diffId);
    if (known) return known;
    const made = await lanes.run(() => indexOf(openUnverified(layer)));
    expectDigest('A blob', layer.descriptor.digest, made.digest);
    // Every image with this diff id will be shown this index: what an image merely says of its layer is not enough.
    expectDigest('A layer without its compression', layer.diffId, made.diffId);
    await store.indexes.put(layer.diffId, made.index);
    return (await store.indexes.get(layer.diffId))!;
  };

  return {
    knows(image) {
      for (const layer of image.layers) origins.set(layer.descriptor.digest, image);
    },
    open: (layer, offset) => openBlob(layer.descriptor, layer.seenIn, offset),
    openBlob: (descriptor, seenIn) => openBlob(descriptor, seenIn),
    isLocal: (digest) => store.blobs.has(digest),
    fetch: (layer) => once(fetching, layer.descriptor.digest, () => fetch(layer)),
    index: (layer) => once(indexing, layer.diffId, () => index(layer)),
  };
}

/** One piece of work a key, however many ask; a failure is forgotten so that the next asker tries again. */
function once<K, T>(running: Map<K, Promise<T>>, key: K, work: () => Promise<T>): Promise<T> {
  const known = running.get(key);
  if (known) return known;
  const started = work().catch((error: unknown) => {
    running.delete(key);
    throw error;
  });
  running.set(key, started);
  return started;
}

async function download(layer: Layer, bytes: AsyncIterable<Uint8Array>, world: World, store: Store): Promise<void> {
  const { digest, size } = layer.descriptor;
  const task = `download ${digest}`;
  const title = `download ${digest.slice(7, 19)}`;
  let done = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      done += chunk.byteLength;
      world.report({ type: 'progress', task, title, done, total: size, unit: 'bytes' });
      yield chunk;
    }
  };
  try {
    await store.blobs.write(counted(), layer.descriptor);
  } finally {
    world.report({ type: 'progress', task, title, done, total: size, unit: 'bytes', ended: true });
  }
}

/** Bytes of elsewhere end with a problem when they are not what the descriptor says. */
async function* verified(bytes: AsyncIterable<Uint8Array>, descriptor: Descriptor): AsyncGenerator<Uint8Array> {
  const counting = meter();
  for await (const chunk of bytes) {
    counting.update(chunk);
    yield chunk;
  }
  expectDigest('A blob', descriptor.digest, counting.digest());
}

function expectDigest(what: string, expected: Digest | DiffId, actual: Digest | DiffId): void {
  if (actual !== expected) throw problem('DIGEST_MISMATCH', { what, expected, actual });
}
