import type { DiffId, Digest } from '../base/brand.ts';
import { meter, shortDigest } from '../base/digest.ts';
import { BuildError, problem } from '../base/errors.ts';
import { pool } from '../base/pool.ts';
import { isArchiveDamage } from '../archive/damage.ts';
import { indexOf } from '../archive/index-stream.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Layer, ResolvedImage } from '../contract/model.ts';
import type { Registry } from '../contract/registry.ts';
import type { Store } from '../contract/store.ts';
import type { Blobs } from '../contract/blobs.ts';
import type { World } from '../contract/world.ts';
import type { CachedLayers } from '../caching/cached-layers.ts';
import { despiteMirrors } from '../registry/mirrors.ts';
import { readFault } from '../store/read-fault.ts';

/** Downloads at a time: enough to keep a registry busy, few enough to leave cores for unpacking. */
const downloads = 4;

/** Nobody but registries and the store has layers. */
const noCaches: CachedLayers = { open: async () => undefined, async *indexes() {} };

/** Where the bytes of layers come from: the store first, else where they were seen, else the caches. */
export function supplyBlobs(world: World, store: Store, registry: Registry, caches: CachedLayers = noCaches): Blobs {
  const origins = new Map<Digest, ResolvedImage>();
  const fetching = new Map<Digest, Promise<void>>();
  const indexing = new Map<DiffId, Promise<LayerIndex>>();
  const lanes = pool(downloads);

  const openRemote = (layer: Layer, offset?: number): AsyncIterable<Uint8Array> => {
    const origin = origins.get(layer.descriptor.digest);
    return origin ? origin.open(layer.descriptor, offset) : openSeen(layer, registry, caches, world.signal);
  };

  const fetch = (layer: Layer): Promise<void> =>
    once(fetching, layer.descriptor.digest, async () => {
      if (await store.blobs.has(layer.descriptor.digest)) return;
      await lanes.run(() => despiteMirrors(() => download(layer, openRemote(layer), world, store)));
    });

  const open = async function* (layer: Layer, offset = 0): AsyncGenerator<Uint8Array> {
    const { digest } = layer.descriptor;
    // What a cache has of a layer is verified before anybody reads it, so that one that is damaged is named as such.
    if (!origins.has(digest)) await fetch(layer);
    if (await store.blobs.has(digest)) yield* store.blobs.open(digest, offset);
    else if (offset > 0) yield* openRemote(layer, offset);
    else yield* verified(openRemote(layer), layer.descriptor, nameOf(layer));
  };

  const openBlob = async function* (
    descriptor: Descriptor,
    seenIn: readonly string[],
  ): AsyncGenerator<Uint8Array, void> {
    if (await store.blobs.has(descriptor.digest)) return yield* store.blobs.open(descriptor.digest);
    const at = seenIn[0];
    if (at === undefined) throw problem('LAYER_LOST', { digest: descriptor.digest });
    return yield* verified(registry.openBlob(at, descriptor), descriptor, `A blob of ${at}`);
  };

  const index = async (layer: Layer): Promise<LayerIndex> => {
    const known = (await store.indexes.get(layer.diffId)) ?? (await cachedIndex(layer.diffId, store, caches));
    if (known) return known;
    if (!origins.has(layer.descriptor.digest)) await fetch(layer);
    const stream = () => lanes.run(() => despiteMirrors(() => streamedIndex(layer, openUnverified(layer), store)));
    try {
      return await stream();
    } catch (error) {
      if (!isArchiveDamage(error) || (await store.blobs.has(layer.descriptor.digest))) throw error;
      // Damage is met before the end, where digests are compared: who sent these bytes is told by reading them all.
      await fetch(layer);
      return stream();
    }
  };

  const openUnverified = async function* (layer: Layer): AsyncGenerator<Uint8Array> {
    const { digest } = layer.descriptor;
    yield* (await store.blobs.has(digest)) ? store.blobs.open(digest) : openRemote(layer);
  };

  return {
    knows(image) {
      for (const layer of image.layers) origins.set(layer.descriptor.digest, image);
    },
    open,
    openBlob,
    isLocal: (digest) => store.blobs.has(digest),
    fetch,
    index: (layer) => once(indexing, layer.diffId, () => index(layer)),
  };
}

/** A layer that caches remember: from the first place that begins to send it. */
async function* openSeen(
  layer: Layer,
  registry: Registry,
  caches: CachedLayers,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { descriptor, seenIn } = layer;
  const { digest } = descriptor;
  const reasons: string[] = [];
  const places = [...seenIn.map((at) => async () => registry.openBlob(at, descriptor)), async () => caches.open(layer)];
  for (const place of places) {
    const bytes = (await place())?.[Symbol.asyncIterator]();
    if (!bytes) continue;
    let begun = false;
    try {
      for (let next = await bytes.next(); !next.done; next = await bytes.next()) {
        begun = true;
        yield next.value;
      }
      return;
    } catch (error) {
      if (signal.aborted || !BuildError.is(error) || error.code === 'MIRROR_WRONG') throw error;
      reasons.push(error.message);
      if (begun) break;
    } finally {
      await bytes.return?.();
    }
  }
  throw problem('LAYER_LOST', { digest, ...(reasons[0] !== undefined && { reason: reasons[0] }) });
}

/** The first cache whose index is whole. The store keeps it as it keeps those it made itself: caches are trusted. */
async function cachedIndex(diffId: DiffId, store: Store, caches: CachedLayers): Promise<LayerIndex | undefined> {
  for await (const bytes of caches.indexes(diffId)) {
    await store.indexes.put(diffId, bytes);
    // What is damaged is put aside as it is read.
    const index = await store.indexes.get(diffId);
    if (index) return index;
  }
  return undefined;
}

async function streamedIndex(layer: Layer, bytes: AsyncIterable<Uint8Array>, store: Store): Promise<LayerIndex> {
  const { descriptor, diffId } = layer;
  const made = await indexOf(bytes).catch(async (error: unknown) => {
    throw await readFault(error, descriptor.digest, store.blobs);
  });
  expectDigest(nameOf(layer), descriptor.digest, made.digest);
  // Every image with this diff id will be shown this index: what an image merely says of its layer is not enough.
  expectDigest('A layer without its compression', diffId, made.diffId);
  await store.indexes.put(diffId, made.index);
  return (await store.indexes.get(diffId))!;
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
  } catch (error) {
    if (!BuildError.is(error) || error.code !== 'DIGEST_MISMATCH') throw error;
    // The store cannot know where the bytes came from.
    const { expected, actual } = error.facts as { expected: string; actual: string };
    throw problem('DIGEST_MISMATCH', { what: nameOf(layer), expected, actual }, error.where, { cause: error });
  } finally {
    world.report({ type: 'progress', task, title, done, total: size, unit: 'bytes', ended: true });
  }
}

/** Bytes of elsewhere end with a problem when they are not what the descriptor says. */
async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  what: string,
): AsyncGenerator<Uint8Array> {
  const counting = meter();
  for await (const chunk of bytes) {
    counting.update(chunk);
    yield chunk;
  }
  expectDigest(what, descriptor.digest, counting.digest());
}

const nameOf = ({ descriptor, seenIn }: Layer): string =>
  `The layer ${shortDigest(descriptor.digest)}${seenIn[0] === undefined ? '' : ` of ${seenIn[0]}`}`;

function expectDigest(what: string, expected: Digest | DiffId, actual: Digest | DiffId): void {
  if (actual !== expected) throw problem('DIGEST_MISMATCH', { what, expected, actual });
}
