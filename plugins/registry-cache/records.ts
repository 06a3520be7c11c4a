import type { CacheKey, CacheRecord } from '../../core/index.ts';
import { dayOf, type Catalog, type CatalogRecord } from './catalog.ts';

export const recordIn = ({ layer, inputs, step, created, ms }: CacheRecord, now: Date): CatalogRecord => ({
  layer: layer.descriptor.digest,
  inputs,
  step,
  created,
  ms,
  used: dayOf(now.getTime()),
});

/** The record of a key; its layer is to be had in the repository of the cache. */
export function recordOf(key: CacheKey, catalog: Catalog, place: string): CacheRecord | undefined {
  const record = catalog.records.get(key);
  const layer = record && catalog.layers.get(record.layer);
  if (!layer) return undefined;
  const { inputs, step, created, ms } = record;
  const { descriptor, diffId } = layer;
  return { key, layer: { descriptor, diffId, seenIn: [place] }, inputs, step, created, ms };
}
