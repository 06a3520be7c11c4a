import type { CacheKey } from '../base/brand.ts';
import type { StepFacts } from '../contract/caches.ts';
import type { Layer } from '../contract/model.ts';
import type { CacheRecord } from '../contract/record.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { Keyed } from './key.ts';
import { noticeFailure, type Found } from './lookup.ts';

export interface Remembered {
  readonly layer: Layer;
  /** The layers it was made on. */
  readonly on?: CacheKey;
  readonly step: string;
  /** RFC 3339 */
  readonly created: string;
  readonly ms: number;
}

/** Tells all caches, behind the build's back; the build's scope waits for them before it closes. */
export function saveRecords(
  keys: readonly Keyed[],
  what: Remembered,
  workshop: Workshop,
  facts: StepFacts,
  caches = workshop.offers.caches,
): void {
  for (const { key, inputs } of keys) {
    const record: CacheRecord = { ...what, key, inputs };
    for (const cache of caches) {
      workshop.scope.background(
        cache.save(record, workshop, facts).catch((error: unknown) => noticeFailure(cache, 'written', error, workshop)),
      );
    }
  }
}

/** Tells the caches that do not know it yet what another one knew. */
export const shareRecord = ({ record, lacking }: Found, workshop: Workshop, facts: StepFacts): void =>
  saveRecords([record], record, workshop, facts, lacking);
