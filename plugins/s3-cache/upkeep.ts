import type { CacheBounds, CacheEntry, CachePruned, Digest, Surroundings } from '../../core/index.ts';
import { bounded, bytesOf, emptyCatalog, union, type Catalog } from '../shared/caching/catalog.ts';
import { recordOf } from '../shared/caching/records.ts';
import { openObjects, type CacheObjects, type Kind } from './objects.ts';
import type { S3CacheSettings } from './options.ts';
import { readPages, writePage, type Pages } from './pages.ts';

const day = 86_400_000;
/** Milliseconds: younger objects that nothing leads to may be another build's, which has not come further yet. */
const abandoned = day;
/** Pages that are read as quickly as one. */
const pagesBorne = 8;

/** After a build that has written: makes one page of many, and drops what is out of bounds. */
export async function tidyUp(
  objects: CacheObjects,
  before: Pages,
  own: Catalog,
  page: Digest,
  bounds: CacheBounds,
  around: Surroundings,
): Promise<void> {
  const now = around.world.now().getTime();
  const all = union(before.catalog, own);
  const isWithin = bounded(all, bounds, now).records.size === all.records.size;
  if (isWithin && before.names.length + (before.names.includes(page) ? 0 : 1) <= pagesBorne) return;
  await rewrite(objects, (there) => bounded(there, bounds, now), around);
}

export async function listCache(settings: S3CacheSettings, around: Surroundings): Promise<readonly CacheEntry[]> {
  const { catalog } = await readPages(await openObjects(settings, around), around);
  return [...catalog.records].flatMap(([key, { used }]) => {
    const record = recordOf(key, catalog, []);
    return record ? [{ record, used: used * day }] : [];
  });
}

export async function pruneCache(
  settings: S3CacheSettings,
  bounds: CacheBounds,
  around: Surroundings,
): Promise<CachePruned> {
  const isBounded = bounds.maxBytes !== undefined || bounds.maxUnused !== undefined;
  const now = around.world.now().getTime();
  const objects = await openObjects(settings, around);
  const { gone, stays } = await rewrite(
    objects,
    (there) => (isBounded ? bounded(there, bounds, now) : emptyCatalog),
    around,
  );
  return { removed: gone.layers.size, bytes: bytesOf(gone), kept: bytesOf(stays) };
}

/**
 * One page in place of all that are there now; then what nothing leads to goes. Whoever adds a page meanwhile keeps it.
 * A layer that another build counted on at this very moment is missed by the next one, which makes it again.
 */
async function rewrite(
  objects: CacheObjects,
  change: (there: Catalog) => Catalog,
  around: Surroundings,
): Promise<{ readonly gone: Catalog; readonly stays: Catalog }> {
  const { catalog, names, damaged, blobs } = await readPages(objects, around);
  const stays = change(catalog);
  const page = stays.records.size > 0 ? await writePage(objects, stays, around) : undefined;
  await objects.remove(
    'pages',
    [...names, ...damaged].filter((name) => name !== page),
  );
  const gone = {
    records: catalog.records,
    layers: new Map([...catalog.layers].filter(([digest]) => !stays.layers.has(digest))),
    indexes: new Map([...catalog.indexes].filter(([diffId]) => !stays.indexes.has(diffId))),
  };
  const sweep = async (
    kind: Kind,
    there: typeof blobs,
    kept: Iterable<Digest>,
    go: Iterable<Digest>,
  ): Promise<void> => {
    const [stay, at] = [new Set(kept), new Set(go)];
    const before = objects.bucket.now() - abandoned;
    const swept = [...there].filter(
      ([digest, { modified }]) => !stay.has(digest) && (at.has(digest) || modified < before),
    );
    await objects.remove(
      kind,
      swept.map(([digest]) => digest),
    );
  };
  const digests = ({ indexes }: Catalog): Digest[] => [...indexes.values()].map(({ digest }) => digest);
  await sweep('blobs', blobs, stays.layers.keys(), gone.layers.keys());
  await sweep('indexes', await objects.list('indexes'), digests(stays), digests(gone));
  return { gone, stays };
}
