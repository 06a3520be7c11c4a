import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, type CacheBounds, type CacheEntry, type CachePruned, type CacheRecord } from '../../core/index.ts';
import { folders, recordPath } from './places.ts';
import { parseRecord } from './records.ts';
import { temporary, type WholeFiles } from './whole-files.ts';

/** Milliseconds: younger files that nothing leads to may be another build's, which has not come further yet. */
const abandoned = 86_400_000;

interface Kept {
  readonly path: string;
  readonly record: CacheRecord;
  /** Milliseconds since 1970. */
  readonly used: number;
}

const namesIn = async ({ root }: WholeFiles, folder: string): Promise<string[]> =>
  readdir(join(root, folder)).catch(() => []);

async function allRecords(files: WholeFiles): Promise<Kept[]> {
  const all: Kept[] = [];
  for (const name of await namesIn(files, folders.records)) {
    const path = `${folders.records}/${name}`;
    const [bytes, found] = [await files.read(path), await files.look(path)];
    const record = bytes && parseRecord(bytes);
    if (record && recordPath(record.key) === path && found) all.push({ path, record, used: found.used });
    else if (bytes) await files.remove(path);
  }
  return all;
}

export async function listDirectory(files: WholeFiles): Promise<readonly CacheEntry[]> {
  return (await allRecords(files)).map(({ record, used }) => ({ record, used }));
}

/** Removes what was unused longest: records first, then the blobs and indexes that no record leads to. */
export async function pruneDirectory(files: WholeFiles, bounds: CacheBounds, now: Date): Promise<CachePruned> {
  const { stay, go, bytes } = divide(await allRecords(files), bounds, now.getTime());
  for (const { path } of go) await files.remove(path);
  const isEmptied = bounds.maxBytes === 0;
  const blobs = await removeFiles(files, folders.blobs, {
    kept: new Set(stay.map(({ record }) => hexOf(record.layer.descriptor.digest))),
    at: new Set(go.map(({ record }) => hexOf(record.layer.descriptor.digest))),
    before: now.getTime() - abandoned,
  });
  await removeFiles(files, folders.indexes, {
    kept: new Set(stay.map(({ record }) => hexOf(record.layer.diffId))),
    at: new Set(go.map(({ record }) => hexOf(record.layer.diffId))),
    // Indexes of bases belong to no record; they go when nobody used them for long.
    before: isEmptied ? Infinity : now.getTime() - Math.max(bounds.maxUnused ?? Infinity, abandoned),
  });
  await removeFiles(files, temporary, { kept: new Set(), at: new Set(), before: now.getTime() - abandoned });
  return { ...blobs, kept: bytes };
}

/** Which records stay, the last used first. */
function divide(
  records: readonly Kept[],
  { maxBytes = Infinity, maxUnused = Infinity }: CacheBounds,
  now: number,
): { readonly stay: readonly Kept[]; readonly go: readonly Kept[]; readonly bytes: number } {
  const layers = new Set<string>();
  const stay: Kept[] = [];
  const go: Kept[] = [];
  let bytes = 0;
  let isFull = false;
  for (const kept of records.toSorted((a, b) => b.used - a.used || (a.path < b.path ? -1 : 1))) {
    const { digest, size } = kept.record.layer.descriptor;
    const isNew = !layers.has(digest);
    isFull ||= isNew && bytes + size > maxBytes;
    if ((isNew && isFull) || kept.used + maxUnused < now) go.push(kept);
    else {
      stay.push(kept);
      if (isNew) bytes += size;
      layers.add(digest);
    }
  }
  return { stay, go, bytes };
}

interface Removal {
  /** Names that stay. */
  readonly kept: ReadonlySet<string>;
  /** Names that go at once. */
  readonly at: ReadonlySet<string>;
  /** All others go when their last use was before this time. */
  readonly before: number;
}

async function removeFiles(
  files: WholeFiles,
  folder: string,
  { kept, at, before }: Removal,
): Promise<{ readonly removed: number; readonly bytes: number }> {
  let removed = 0;
  let bytes = 0;
  for (const name of await namesIn(files, folder)) {
    if (kept.has(name)) continue;
    const path = `${folder}/${name}`;
    const found = await files.look(path);
    if (!found || (!at.has(name) && found.used >= before)) continue;
    await files.remove(path);
    removed += 1;
    bytes += found.size;
  }
  return { removed, bytes };
}
