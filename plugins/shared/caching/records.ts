import type { CacheKey, CacheRecord } from '../../../core/index.ts';
import { dayOf, type Catalog, type CatalogRecord } from './catalog.ts';

/** `before`: what the key led to so far. */
export function recordIn(record: CacheRecord, before: CatalogRecord | undefined, now: Date): CatalogRecord {
  const { layer, on, inputs, step, created, ms } = record;
  const { digest } = layer.descriptor;
  const turn = before ? before.turn + (before.layer === digest ? 0 : 1) : 0;
  const used = dayOf(now.getTime());
  return { layer: digest, ...(on !== undefined && { on }), inputs, step, created, ms, used, turn };
}

/** The record of a key; `seenIn`: repositories that have its layer. */
export function recordOf(key: CacheKey, catalog: Catalog, seenIn: readonly string[]): CacheRecord | undefined {
  const record = catalog.records.get(key);
  const layer = record && catalog.layers.get(record.layer);
  if (!layer) return undefined;
  const { on, inputs, step, created, ms } = record;
  const { descriptor, diffId } = layer;
  const found = { descriptor, diffId, seenIn };
  return { key, layer: found, ...(on !== undefined && { on }), inputs, step, created, ms };
}
