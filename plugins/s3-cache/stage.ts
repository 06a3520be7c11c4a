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
  { read, has }: Pick<Reading, 'read' | 'has'>,
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
    if (said && (await once('indexes', () => objects.list('indexes'))).get(said.digest)?.size === said.size)
      return said;
    const index = await around.store.indexes.get(diffId);
    return index && objects.write('indexes', await packIndex(index.bytes));
  };

  const sendLayer = async ({ layer }: CacheRecord): Promise<void> => {
    if (!(await has(layer))) await objects.writeLayer(layer, () => around.blobs.open(layer));
  };

  return async (record, facts) => {
    const { descriptor, diffId } = record.layer;
    const below = (facts?.below ?? []).map((layer) => layer.diffId);
    const diffIds = [...new Set([diffId, ...below])];
    const [indexes] = await Promise.all([
      Promise.all(diffIds.map((one) => once(one, () => sendIndex(one)))),
      once(`blob ${descriptor.digest}`, () => sendLayer(record)),
    ]);
    const before = (await read()).catalog.records.get(record.key);
    return {
      records: new Map([[record.key, recordIn(record, before, around.world.now())]]),
      layers: new Map([[descriptor.digest, { descriptor, diffId, below }]]),
      indexes: new Map(diffIds.flatMap((one, at) => (indexes[at] ? [[one, indexes[at]] as const] : []))),
    };
  };
}
