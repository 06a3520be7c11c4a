import type { DiffId } from '../base/brand.ts';
import type { CacheBackend } from '../contract/caches.ts';
import type { Layer } from '../contract/model.ts';
import type { Surroundings } from '../contract/surroundings.ts';
import { noticeFailure } from './lookup.ts';

/** What caches have of layers besides records. */
export interface CachedLayers {
  /** Bytes from the first cache that has them; unverified. */
  open(layer: Layer): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Indexes as the caches have them, one after another; unverified. */
  indexes(diffId: DiffId): AsyncIterable<Uint8Array>;
}

export function cachedLayers(caches: readonly CacheBackend[], around: () => Surroundings): CachedLayers {
  /** What the caches say, in their order; a failing one is a notice. */
  const answers = async function* <T>(
    question: (cache: CacheBackend) => Promise<T | undefined> | undefined,
  ): AsyncGenerator<T, void> {
    for (const cache of caches) {
      try {
        const answer = await question(cache);
        if (answer !== undefined) yield answer;
      } catch (error) {
        noticeFailure(cache, 'read', error, around());
      }
    }
  };
  return {
    async open(layer) {
      for await (const bytes of answers((cache) => cache.open?.(layer, around()))) return bytes;
      return undefined;
    },
    indexes: (diffId) => answers((cache) => cache.index?.(diffId, around())),
  };
}
