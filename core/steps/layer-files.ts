import type { DiffId } from '../base/brand.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Layer } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';

/** Brings the files of layers to where commands and copies can have them: each layer once, however many stages ask. */
export interface LayerFiles {
  /** Starts for all of them side by side; whoever needs one waits for it alone. */
  prepare(layers: readonly Layer[]): Promise<void>;
  /** Blobs that the isolation has no files of come to the store. */
  fetch(layers: readonly Layer[]): Promise<void>;
  /** Of a layer on its way, the index is made in passing: waiting is cheaper than streaming the layer once more. */
  index(layer: Layer): Promise<LayerIndex>;
}

export function layerFiles({ isolation, blobs }: Workshop): LayerFiles {
  const preparing = new Map<DiffId, Promise<void>>();

  const prepareOne = (layer: Layer): Promise<void> => {
    const known = preparing.get(layer.diffId);
    if (known) return known;
    const work = bring(layer);
    preparing.set(layer.diffId, work);
    work.catch(() => {});
    return work;
  };

  const bring = async (layer: Layer): Promise<void> => {
    const opened = await isolation.open();
    // A command will be refused; what it would have needed is not brought.
    if (!opened.traits.runs) return;
    if ((await opened.missing([layer])).length > 0) await blobs.fetch(layer);
    await opened.prepare(layer);
  };

  return {
    async prepare(layers) {
      await Promise.all(layers.map(prepareOne));
    },
    async fetch(layers) {
      const missing = await (await isolation.open()).missing(layers);
      await Promise.all(missing.map((layer) => blobs.fetch(layer)));
    },
    async index(layer) {
      await preparing.get(layer.diffId)?.catch(() => {});
      return blobs.index(layer);
    },
  };
}
