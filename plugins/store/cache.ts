import type { CacheBackend, CacheKey, CacheRecord, Surroundings } from '../../core/index.ts';

/** Records of steps in the store. One whose layer was pruned counts as none. */
export const storeCache: CacheBackend = {
  name: 'store',
  near: true,
  async find(keys, workshop: Surroundings) {
    const found = new Map<CacheKey, CacheRecord>();
    for (const [key, record] of await workshop.store.records.find(keys)) {
      if (await workshop.store.blobs.has(record.layer.descriptor.digest)) found.set(key, record);
    }
    return found;
  },
  save: (record, workshop) => workshop.store.records.save(record),
};
