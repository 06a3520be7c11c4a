import type { CacheRecord } from '../contract/record.ts';
import type { Layer } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { Keyed } from './key.ts';
import { noticeFailure } from './lookup.ts';

export interface Remembered {
  readonly layer: Layer;
  readonly step: string;
  /** RFC 3339 */
  readonly created: string;
  readonly ms: number;
}

/** Tells all caches, behind the build's back; the build's scope waits for them before it closes. */
export function saveRecords(keys: readonly Keyed[], what: Remembered, workshop: Workshop): void {
  for (const { key, inputs } of keys) {
    const record: CacheRecord = { key, inputs, ...what };
    for (const cache of workshop.offers.caches) {
      workshop.scope.background(
        cache.save(record, workshop).catch((error: unknown) => noticeFailure(cache, 'written', error, workshop)),
      );
    }
  }
}
