import type { CacheBounds, CacheEntry, CachePruned, Surroundings } from '../../core/index.ts';
import { readArtifact } from './artifact.ts';
import { bounded, bytesOf, emptyCatalog } from '../shared/caching/catalog.ts';
import { commit } from './commits.ts';
import type { RegistryCacheSettings } from './options.ts';
import { recordOf } from '../shared/caching/records.ts';

const day = 86_400_000;

/** Everything in the cache. */
export async function listCache(settings: RegistryCacheSettings, around: Surroundings): Promise<readonly CacheEntry[]> {
  const { catalog, damage } = await readArtifact(settings, around);
  if (damage) throw damage;
  return [...catalog.records].flatMap(([key, { used }]) => {
    const record = recordOf(key, catalog, [settings.place]);
    return record ? [{ record, used: used * day }] : [];
  });
}

/** Makes the cache smaller; its registry frees what nothing leads to any more. */
export async function pruneCache(
  settings: RegistryCacheSettings,
  bounds: CacheBounds,
  around: Surroundings,
): Promise<CachePruned> {
  const isBounded = bounds.maxBytes !== undefined || bounds.maxUnused !== undefined;
  const { catalog } = await readArtifact(settings, around);
  if (catalog.records.size === 0) return { removed: 0, bytes: 0, kept: 0 };
  const left = await commit(
    (there) => (isBounded ? bounded(there, bounds, around.world.now().getTime()) : emptyCatalog),
    settings,
    around,
  );
  const kept = bytesOf(left.catalog);
  return { removed: catalog.layers.size - left.catalog.layers.size, bytes: bytesOf(catalog) - kept, kept };
}
