import { pruneStore, type CacheBackend, type CacheKey, type CacheRecord, type Surroundings } from '../../core/index.ts';

/** Records of steps in the store. One whose layer was pruned, or lies in another cache alone, counts as none. */
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
  async list({ store }) {
    const all = await store.records.list();
    const there = await Promise.all(all.map(({ record }) => store.blobs.has(record.layer.descriptor.digest)));
    return all.filter((_, at) => there[at]);
  },
  async prune({ maxBytes, maxUnused }, { store }) {
    const { removed, bytes, kept } = await pruneStore(store, {
      ...(maxBytes !== undefined && { maxBytes }),
      ...(maxUnused !== undefined && { maxAge: maxUnused }),
    });
    return { removed: removed.filter(({ kind }) => kind === 'blob').length, bytes, kept };
  },
};
