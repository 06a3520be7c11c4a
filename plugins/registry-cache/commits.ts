import { setTimeout as sleep } from 'node:timers/promises';
import { BuildError, type CacheBounds, type CacheKey, type Surroundings } from '../../core/index.ts';
import {
  putArtifact,
  readArtifact,
  stageCatalog,
  withoutMissing,
  type ArtifactPlace,
  type CacheArtifact,
} from './artifact.ts';
import { bounded, dayOf, union, type Catalog } from '../shared/caching/catalog.ts';
import { printCatalog } from '../shared/caching/catalog-text.ts';
import { problem } from './problems.ts';

/** What a writer adds to whatever the cache has by then. */
export type Change = (there: Catalog) => Catalog;

/** Milliseconds until a writer gives up against others. */
const patience = 60_000;
/** Milliseconds at least until a writer looks whether its change has stayed. */
const shortestWait = 200;
/** Milliseconds after which one that was outrun tries again: at random, more each time. */
const firstPause = 20;
const longestPause = 2000;

/**
 * Registries have no compare-and-swap: a name is simply given. So a writer looks just before it gives the name whether
 * the cache is still the one its change was made on, and some time after it whether the change is still there; who
 * finds it gone makes it again. The wait is several times what lay between our look and the name being given, so that
 * others who looked before had the time to give theirs.
 */
export async function commit(change: Change, at: ArtifactPlace, around: Surroundings): Promise<CacheArtifact> {
  const until = performance.now() + patience;
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: around.world.signal });
  for (let outrun = 0; performance.now() < until;) {
    const there = await readArtifact(at, around);
    const wanted = change(there.catalog);
    if (!there.damage && printCatalog(wanted) === printCatalog(there.catalog)) return there;
    const staged = await stageCatalog(at, wanted, around);
    const looked = performance.now();
    const now = await around.registry.manifest(at.reference, { direct: true });
    if (now?.descriptor.digest !== there.digest) {
      await pause(Math.random() * Math.min(longestPause, firstPause * 2 ** outrun++));
      continue;
    }
    try {
      await putArtifact(at, staged, around);
    } catch (error) {
      if (!saysMissing(error)) throw error;
      const whole = await withoutMissing(at, wanted, around);
      await putArtifact(at, await stageCatalog(at, whole, around), around);
      return { catalog: whole };
    }
    const gap = performance.now() - looked;
    await pause(Math.max(shortestWait, 4 * gap) * (1 + Math.random() / 2));
  }
  throw problem('CONTENDED', { reference: at.text, seconds: patience / 1000 });
}

/** A blob that the manifest leads to is gone from the repository. */
const saysMissing = (error: unknown): boolean =>
  BuildError.is(error) &&
  error.code === 'REGISTRY_REFUSED' &&
  /BLOB_UNKNOWN/.test((error.facts as { readonly diagnostics: readonly string[] }).diagnostics.join(' '));

/** Adds what this build made, notes what it used, drops what is out of bounds. */
export const buildChange =
  (own: Catalog, used: ReadonlySet<CacheKey>, bounds: CacheBounds, now: Date): Change =>
  (there) => {
    const today = dayOf(now.getTime());
    const records = new Map(there.records);
    for (const key of used) {
      const record = records.get(key);
      if (record && record.used < today) records.set(key, { ...record, used: today });
    }
    return bounded(union({ ...there, records }, own), bounds, now.getTime());
  };
