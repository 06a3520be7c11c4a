import type { Compression } from '../archive/entry.ts';
import type { PackedLayer as Packed } from '../archive/pack-layer.ts';
import type { GrowingLayer, Layer } from '../contract/model.ts';
import type { BlobWriter, Store } from '../contract/store.ts';
import { layerMediaType } from '../oci/media-types.ts';

/** Who is told of a layer that has grown large while it is packed. */
export interface GrowthWatch {
  readonly compression: Compression;
  growing(layer: GrowingLayer): void;
}

/** Bytes: smaller layers are sent as fast once they are whole. */
const large = 4 << 20;

/** Packs straight into the store: blob under its digest, index under its diff id; nothing is left of a failure. */
export async function storeLayer(
  store: Store,
  pack: (write: (chunk: Uint8Array) => Promise<void> | void) => Promise<Packed>,
  watch?: GrowthWatch,
): Promise<Layer> {
  const writer = await store.blobs.writer();
  const finished = Promise.withResolvers<Layer>();
  // Nobody has to be told.
  finished.promise.catch(() => {});
  let told = false;
  try {
    const packed = await pack((chunk) => {
      const wait = writer.write(chunk);
      if (watch && !told && writer.size >= large) {
        told = true;
        watch.growing(growingLayer(writer, watch.compression, finished.promise));
      }
      return wait;
    });
    await store.indexes.put(packed.diffId, packed.index);
    await writer.commit(packed.digest);
    store.hold([packed.digest, packed.diffId]);
    const layer: Layer = {
      descriptor: { mediaType: layerMediaType(packed.compression), digest: packed.digest, size: packed.size },
      diffId: packed.diffId,
      seenIn: [],
    };
    finished.resolve(layer);
    return layer;
  } catch (error) {
    await writer.abort();
    finished.reject(error);
    throw error;
  }
}

const growingLayer = (writer: BlobWriter, { type }: Compression, finished: Promise<Layer>): GrowingLayer => ({
  mediaType: layerMediaType(type),
  bytes: () => writer.follow(),
  finished,
});
