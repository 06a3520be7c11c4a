import { digestOf, type CacheRecord, type DiffId, type StepFacts, type Surroundings } from '../../core/index.ts';
import { indexDescriptor, packIndex, pushBytes } from './artifact.ts';
import type { Catalog, CatalogIndex } from '../shared/caching/catalog.ts';
import { recordIn } from '../shared/caching/records.ts';

/** Brings what a record leads to into the repository, and says so as a catalog of this record alone. */
export type Stage = (record: CacheRecord, facts: StepFacts | undefined) => Promise<Catalog>;

/** `known`: what the cache has already; the indexes that its manifest names are there. */
export function stager(place: string, around: Surroundings, known: () => Promise<Catalog>): Stage {
  const indexes = new Map<DiffId, Promise<CatalogIndex | undefined>>();

  const stageIndex = async (diffId: DiffId): Promise<CatalogIndex | undefined> => {
    const there = (await known()).indexes.get(diffId);
    if (there) return there;
    const index = await around.store.indexes.get(diffId);
    if (!index) return undefined;
    const bytes = await packIndex(index.bytes);
    const digest = digestOf(bytes);
    await pushBytes(place, indexDescriptor(digest, bytes.length), bytes, around);
    return { digest, size: bytes.length };
  };

  const indexOf = (diffId: DiffId): Promise<CatalogIndex | undefined> => {
    const begun = indexes.get(diffId);
    if (begun) return begun;
    const staged = stageIndex(diffId);
    indexes.set(diffId, staged);
    return staged;
  };

  return async (record, facts) => {
    const { descriptor, diffId, seenIn } = record.layer;
    const below = (facts?.below ?? []).map((layer) => layer.diffId);
    const found: [DiffId, CatalogIndex][] = [];
    // The small ones first: meanwhile the image's own push of the layer begins, and the blob is mounted from there.
    for (const one of new Set([diffId, ...below])) {
      const index = await indexOf(one);
      if (index) found.push([one, index]);
    }
    await around.registry.pushBlob(place, descriptor, {
      mountFrom: seenIn,
      open: () => around.blobs.open(record.layer),
    });
    const before = (await known()).records.get(record.key);
    return {
      records: new Map([[record.key, recordIn(record, before, around.world.now())]]),
      layers: new Map([[descriptor.digest, { descriptor, diffId, below }]]),
      indexes: new Map(found),
    };
  };
}
