import type { DiffId } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Layer } from '../contract/model.ts';
import type { Store } from '../contract/store.ts';
import type { Bookkeeping } from '../isolation/overlay/marks.ts';
import { readFault } from '../store/read-fault.ts';
import { storeFault } from '../store/store-faults.ts';
import type { LayerShelf, ShelvedLayer } from './layer-shelf.ts';
import type { UnpackPool } from './unpack-pool.ts';
import type { WorkArea } from './work-area.ts';

/** A layer whose files lie on the disk. */
export interface ReadyLayer extends ShelvedLayer {
  readonly diffId: DiffId;
  readonly index: LayerIndex;
}

export interface LocalLayers {
  missing(layers: readonly Layer[]): Promise<readonly Layer[]>;
  /** Unpacks it where that has not been done; once, however many ask. */
  ready(layer: Layer): Promise<ReadyLayer>;
  /** Without unpacking anything. */
  find(diffId: DiffId): Promise<ReadyLayer | undefined>;
}

export interface LocalLayersOptions {
  readonly store: Store;
  readonly shelf: LayerShelf;
  readonly area: WorkArea;
  readonly unpacking: UnpackPool;
  readonly bookkeeping: Bookkeeping;
  readonly owners: boolean;
}

export function localLayers(options: LocalLayersOptions): LocalLayers {
  const { store, shelf } = options;
  const underway = new Map<DiffId, Promise<ReadyLayer>>();

  const find = async (diffId: DiffId): Promise<ReadyLayer | undefined> => {
    const shelved = shelf.find(diffId);
    const index = shelved && (await store.indexes.get(diffId));
    return index && { ...shelved, diffId, index };
  };

  const missing = async (layers: readonly Layer[]): Promise<Layer[]> => {
    store.hold(layers.flatMap((layer) => [layer.diffId, layer.descriptor.digest]));
    const answers = await Promise.all(
      layers.map(async (layer) => (await find(layer.diffId)) || (await store.blobs.has(layer.descriptor.digest))),
    );
    return layers.filter((_, at) => !answers[at]);
  };

  const ready = async (layer: Layer): Promise<ReadyLayer> => {
    const known = underway.get(layer.diffId);
    if (known) return known;
    const work = find(layer.diffId).then((found) => found ?? unpack(layer, options));
    underway.set(layer.diffId, work);
    try {
      return await work;
    } finally {
      underway.delete(layer.diffId);
    }
  };
  return { missing, ready, find };
}

async function unpack(layer: Layer, options: LocalLayersOptions): Promise<ReadyLayer> {
  const { store, shelf, area, unpacking, bookkeeping, owners } = options;
  const { digest } = layer.descriptor;
  if (!(await store.blobs.has(digest))) throw problem('LAYER_LOST', { digest });
  const directory = area.directory('unpack');
  try {
    const blob = store.blobs.path(digest);
    const { diffId, index, implied } = await unpacking.unpack({ blob, directory, bookkeeping, owners });
    // Whoever wrote the image says what its layers are; filed under a false name this one would stand in for another.
    if (diffId !== layer.diffId)
      throw problem('DIGEST_MISMATCH', {
        what: `The layer ${digest}, unpacked,`,
        expected: layer.diffId,
        actual: diffId,
      });
    await store.indexes.put(diffId, index);
    const shelved = shelf.adopt(directory, diffId, implied);
    return { ...shelved, diffId, index: (await store.indexes.get(diffId))! };
  } catch (error) {
    area.discard(directory);
    throw storeFault(await readFault(error, digest, store.blobs), directory);
  }
}
