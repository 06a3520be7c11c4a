import type { CacheKey, CacheRecord } from '../../core/index.ts';
import { dayOf, type Catalog, type CatalogRecord } from './catalog.ts';

/** `before`: what the key led to so far. */
export function recordIn(record: CacheRecord, before: CatalogRecord | undefined, now: Date): CatalogRecord {
  const { layer, inputs, step, created, ms } = record;
  const { digest } = layer.descriptor;
  const turn = before ? before.turn + (before.layer === digest ? 0 : 1) : 0;
  return { layer: digest, inputs, step, created, ms, used: dayOf(now.getTime()), turn };
}

/** The record of a key; its layer is to be had in the repository of the cache. */
export function recordOf(key: CacheKey, catalog: Catalog, place: string): CacheRecord | undefined {
  const record = catalog.records.get(key);
  const layer = record && catalog.layers.get(record.layer);
  if (!layer) return undefined;
  const { inputs, step, created, ms } = record;
  const { descriptor, diffId } = layer;
  return { key, layer: { descriptor, diffId, seenIn: [place] }, inputs, step, created, ms };
}
