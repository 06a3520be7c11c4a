import type { CacheKey } from '../base/brand.ts';
import { BuildError } from '../base/errors.ts';
import type { CacheBackend } from '../contract/offers.ts';
import type { CacheRecord } from '../contract/record.ts';
import type { Workshop } from '../contract/workshop.ts';

export interface Found {
  readonly record: CacheRecord;
  /** Name of the cache. */
  readonly from: string;
}

/** Asks all caches at once; where several know a key the first in order wins. A failing cache is a notice. */
export async function findRecords(
  keys: readonly CacheKey[],
  workshop: Workshop,
): Promise<ReadonlyMap<CacheKey, Found>> {
  const found = new Map<CacheKey, Found>();
  if (keys.length === 0) return found;
  const answers = await Promise.all(workshop.offers.caches.map((cache) => ask(cache, keys, workshop)));
  answers.forEach((answer, at) => {
    for (const [key, record] of answer)
      if (!found.has(key)) found.set(key, { record, from: workshop.offers.caches[at]!.name });
  });
  return found;
}

async function ask(
  cache: CacheBackend,
  keys: readonly CacheKey[],
  workshop: Workshop,
): Promise<ReadonlyMap<CacheKey, CacheRecord>> {
  try {
    return await cache.find(keys, workshop);
  } catch (error) {
    noticeFailure(cache, 'read', error, workshop);
    return new Map();
  }
}

export function noticeFailure(cache: CacheBackend, what: 'read' | 'written', error: unknown, workshop: Workshop): void {
  const hint = BuildError.is(error) ? error.hint : undefined;
  workshop.world.report({
    type: 'notice',
    level: 'warning',
    code: 'CACHE_UNAVAILABLE',
    message: `The cache "${cache.name}" could not be ${what}: ${error instanceof Error ? error.message : String(error)}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
