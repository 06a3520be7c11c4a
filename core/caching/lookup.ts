import type { CacheKey } from '../base/brand.ts';
import { BuildError } from '../base/errors.ts';
import type { CacheBackend } from '../contract/caches.ts';
import type { CacheRecord } from '../contract/record.ts';
import type { Workshop } from '../contract/workshop.ts';

export interface Found {
  readonly record: CacheRecord;
  /** Name of the cache. */
  readonly from: string;
  /** Caches that answered and do not know the key yet. */
  readonly lacking: readonly CacheBackend[];
}

/** Asks all caches at once; where several know a key the first in order wins. A failing cache is a notice. */
export async function findRecords(
  keys: readonly CacheKey[],
  workshop: Workshop,
): Promise<ReadonlyMap<CacheKey, Found>> {
  const found = new Map<CacheKey, Found>();
  if (keys.length === 0) return found;
  const { caches } = workshop.offers;
  const answers = await Promise.all(caches.map((cache) => ask(cache, keys, workshop)));
  for (const key of keys) {
    const first = answers.findIndex((answer) => answer?.has(key));
    if (first === -1) continue;
    const lacking = caches.filter((_, at) => answers[at] && !answers[at].has(key));
    found.set(key, { record: answers[first]!.get(key)!, from: caches[first]!.name, lacking });
  }
  return found;
}

/** `undefined`: it cannot say. */
async function ask(
  cache: CacheBackend,
  keys: readonly CacheKey[],
  workshop: Workshop,
): Promise<ReadonlyMap<CacheKey, CacheRecord> | undefined> {
  try {
    return await cache.find(keys, workshop);
  } catch (error) {
    noticeFailure(cache, 'read', error, workshop);
    return undefined;
  }
}

export function noticeFailure(
  cache: Pick<CacheBackend, 'name'>,
  what: 'read' | 'written',
  error: unknown,
  { world }: Pick<Workshop, 'world'>,
): void {
  // What was interrupted did not fail.
  if (world.signal.aborted) return;
  const hint = BuildError.is(error) ? error.hint : undefined;
  world.report({
    type: 'notice',
    level: 'warning',
    code: 'CACHE_UNAVAILABLE',
    message: `The cache "${cache.name}" could not be ${what}: ${error instanceof Error ? error.message : String(error)}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
