import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { BuildError, mapPool, type Digest, type Surroundings } from '../../core/index.ts';
import { emptyCatalog, trimmed, union, type Catalog } from '../shared/caching/catalog.ts';
import { parseCatalog, printCatalog } from '../shared/caching/catalog-text.ts';
import type { ListedObject } from '../shared/s3/list-objects.ts';
import type { CacheObjects } from './objects.ts';
import { problem } from './problems.ts';

/**
 * The catalog of the cache lies there in pages. Every build that has something to say adds one of its own and touches no
 * other: writers cannot get into each other's way, whatever the server promises or does not. Now and then somebody
 * writes many pages anew as one.
 */
export interface Pages {
  /** Of all pages, without records whose layers are not there. */
  readonly catalog: Catalog;
  /** Those that were read. */
  readonly names: readonly Digest[];
  /** Those whose bytes are others than were written. */
  readonly damaged: readonly Digest[];
  /** The layers there are. */
  readonly blobs: ReadonlyMap<Digest, ListedObject>;
}

const pack = promisify(gzip);
const unpack = promisify(gunzip);
/** Bytes of a page, unpacked. */
const longest = 512 << 20;
/** Requests at a time. */
const together = 16;
/** How often a page may be gone that was listed a moment ago: somebody wrote it anew as part of another. */
const attempts = 4;

/** Two lists at the same time, and the pages that this machine has not seen yet: what is named by its content never changes. */
export async function readPages(objects: CacheObjects, around: Surroundings): Promise<Pages> {
  for (let attempt = 1; ; attempt++) {
    const [listed, blobs] = await Promise.all([objects.list('pages'), objects.list('blobs')]);
    const read = await mapPool([...listed.keys()], together, (digest) => readPage(objects, digest, around));
    if (read.every((page) => page !== undefined)) return merged([...listed.keys()], read, blobs);
    if (attempt === attempts) throw problem('RESTLESS', { cache: objects.bucket.placeOf('') });
  }
}

/** `undefined`: it is gone. */
async function readPage(
  objects: CacheObjects,
  digest: Digest,
  { store }: Surroundings,
): Promise<Catalog | 'damaged' | undefined> {
  try {
    const known = await keptPage(digest, store);
    const bytes = known ?? (await objects.read('pages', digest));
    if (!bytes) return undefined;
    if (!known) await store.blobs.write([bytes], { digest, size: bytes.byteLength }).catch(() => {});
    return parseCatalog((await unpack(bytes, { maxOutputLength: longest })).toString('utf8'));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const isDamage = error instanceof TypeError || error instanceof SyntaxError || code.startsWith('Z_');
    if (isDamage || (BuildError.is(error) && error.code === 's3-cache/DAMAGED')) return 'damaged';
    throw error;
  }
}

/** The store is no worse for a page it cannot give: the bucket has it. */
async function keptPage(digest: Digest, { blobs }: Surroundings['store']): Promise<Uint8Array | undefined> {
  try {
    if (!(await blobs.has(digest))) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of blobs.open(digest)) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function merged(
  names: readonly Digest[],
  read: readonly (Catalog | 'damaged' | undefined)[],
  blobs: Pages['blobs'],
): Pages {
  // Before they are put together: a record whose layer is gone must not stand before one whose layer is there.
  const usable = ({ records, layers, indexes }: Catalog): Catalog => {
    const isThere = (layer: Digest): boolean =>
      blobs.has(layer) && blobs.get(layer)!.size === layers.get(layer)?.descriptor.size;
    return { records: new Map([...records].filter(([, { layer }]) => isThere(layer))), layers, indexes };
  };
  const whole = read.filter((page): page is Catalog => typeof page === 'object');
  return {
    catalog: trimmed(whole.map(usable).reduce(union, emptyCatalog)),
    names: names.filter((_, at) => read[at] !== 'damaged'),
    damaged: names.filter((_, at) => read[at] === 'damaged'),
    blobs,
  };
}

export async function writePage(objects: CacheObjects, catalog: Catalog, { store }: Surroundings): Promise<Digest> {
  const bytes = await pack(printCatalog(catalog));
  const { digest, size } = await objects.write('pages', bytes);
  await store.blobs.write([bytes], { digest, size }).catch(() => {});
  return digest;
}

export const packIndex = (bytes: Uint8Array): Promise<Buffer> => pack(bytes);
export const unpackIndex = (bytes: Uint8Array): Promise<Buffer> => unpack(bytes, { maxOutputLength: longest });
