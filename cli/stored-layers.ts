import {
  isIndexType,
  parseReference,
  readIndex,
  type Digest,
  type Layer,
  type Platform,
  type Workshop,
} from '../core/index.ts';

/**
 * Layers of bases may never have come to this machine. Brings one that an image of the store needs, from where the
 * store knows it to lie; says whether it is there now.
 */
export function storedLayers(workshop: Workshop): (digest: Digest) => Promise<boolean> {
  return async (digest) => {
    for await (const layer of layersOfStore(workshop)) {
      if (layer.descriptor.digest !== digest) continue;
      await workshop.blobs.fetch(layer);
      return true;
    }
    return false;
  };
}

async function* layersOfStore(workshop: Workshop): AsyncGenerator<Layer> {
  const sources = workshop.offers.images.filter(({ name }) => name === 'store');
  for (const { name, manifest } of await workshop.store.images.list()) {
    const platforms = isIndexType(manifest.mediaType)
      ? await platformsOf(manifest.digest, workshop)
      : [workshop.world.host];
    for (const platform of platforms) {
      for (const source of sources) {
        const query = { text: name, reference: parseReference(name), platform };
        const image = await source.resolve(query, workshop);
        if (!image) continue;
        workshop.blobs.knows(image);
        yield* image.layers;
      }
    }
  }
}

async function platformsOf(digest: Digest, { store }: Workshop): Promise<Platform[]> {
  const parts: Uint8Array[] = [];
  for await (const chunk of store.blobs.open(digest)) parts.push(chunk);
  return readIndex(Buffer.concat(parts)).manifests.flatMap(({ platform }) => platform ?? []);
}
