import type { PackedLayer as Packed } from '../archive/pack-layer.ts';
import type { Layer } from '../contract/model.ts';
import type { Store } from '../contract/store.ts';
import { layerMediaType } from '../oci/media-types.ts';

/** Packs straight into the store: blob under its digest, index under its diff id; nothing is left of a failure. */
export async function storeLayer(
  store: Store,
  pack: (write: (chunk: Uint8Array) => Promise<void> | void) => Promise<Packed>,
): Promise<Layer> {
  const writer = await store.blobs.writer();
  try {
    const packed = await pack((chunk) => writer.write(chunk));
    await store.indexes.put(packed.diffId, packed.index);
    await writer.commit(packed.digest);
    store.hold([packed.digest, packed.diffId]);
    return {
      descriptor: { mediaType: layerMediaType(packed.compression), digest: packed.digest, size: packed.size },
      diffId: packed.diffId,
      seenIn: [],
    };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
