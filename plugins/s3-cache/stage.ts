import type { CacheRecord, DiffId, StepFacts, Surroundings } from '../../core/index.ts';
import type { Catalog, CatalogIndex } from '../shared/caching/catalog.ts';
import { recordIn } from '../shared/caching/records.ts';
import type { CacheObjects } from './objects.ts';
import { packIndex } from './pages.ts';
import type { Reading } from './reading.ts';

/** Brings what a record leads to into the bucket, and says so as a catalog of this record alone. */
export type Stage = (record: CacheRecord, facts: StepFacts | undefined) => Promise<Catalog>;

export function stager(
  objects: CacheObjects,
  around: Surroundings,
  { read, has, isLost }: Pick<Reading, 'read' | 'has' | 'isLost'>,
): Stage {
  const sent = new Map<string, Promise<unknown>>();
  const once = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const begun = sent.get(name) as Promise<T> | undefined;
    if (begun) return begun;
    const working = work();
    sent.set(name, working);
    return working;
  };

  const sendIndex = async (diffId: DiffId): Promise<CatalogIndex | undefined> => {
    const said = (await read()).catalog.indexes.get(diffId);
    // Catalogs say what was there once.
    const listed = said && !isLost(said.digest) && (await once('list', () => objects.list('indexes'))).get(said.digest);
    if (listed && listed.size === said.size) return said;
    return once(diffId, async () => {
      const index = await around.store.indexes.get(diffId);
      return index && objects.write('indexes', await packIndex(index.bytes));
    });
  };

  const sendLayer = async ({ layer }: CacheRecord): Promise<void> => {
    // What was there may have been found damaged since it was last looked at: only sending is remembered.
    if (await has(layer)) return;
    await once(layer.descriptor.digest, () => objects.writeLayer(layer, () => around.blobs.open(layer)));
  };

  return async (record, facts) => {
    const { descriptor, diffId } = record.layer;
    const below = (facts?.below ?? []).map((layer) => layer.diffId);
    const diffIds = [...new Set([diffId, ...below])];
    const [indexes] = await Promise.all([Promise.all(diffIds.map(sendIndex)), sendLayer(record)]);
    const before = (await read()).catalog.records.get(record.key);
    return {
      records: new Map([[record.key, recordIn(record, before, around.world.now())]]),
      layers: new Map([[descriptor.digest, { descriptor, diffId, below }]]),
      indexes: new Map(diffIds.flatMap((one, at) => (indexes[at] ? [[one, indexes[at]] as const] : []))),
    };
  };
}
