import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  BuildError,
  digestOf,
  mapPool,
  mediaTypes,
  readManifest,
  writeManifest,
  type Descriptor,
  type Digest,
  type Manifest,
  type Reference,
  type Surroundings,
} from '../../core/index.ts';
import { emptyCatalog, trimmed, type Catalog, type CatalogIndex } from '../shared/caching/catalog.ts';
import { parseCatalog, printCatalog } from '../shared/caching/catalog-text.ts';
import { problem } from './problems.ts';

/** What the artifact is, by the type of its config: the catalog. */
const catalogType = 'application/vnd.strake.cache.catalog.v1+gzip';
const indexType = 'application/vnd.strake.cache.layer-index.v1+gzip';

/** Bytes of a catalog, packed and unpacked, that are believed. */
const packedLimit = 64 << 20;
const unpackedLimit = 512 << 20;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** A cache as it lies in its repository: one manifest that leads to the catalog, the layers and their indexes. */
export interface CacheArtifact {
  /** Absent: there is none yet. */
  readonly digest?: Digest;
  readonly catalog: Catalog;
  /** It is there and cannot be used; it counts as empty and may be written over. */
  readonly damage?: BuildError;
}

export interface ArtifactPlace {
  readonly reference: Reference;
  readonly text: string;
  /** `host/repository` */
  readonly place: string;
}

/** One request for the manifest, and one for the catalog where the store does not have it from last time. */
export async function readArtifact(at: ArtifactPlace, around: Surroundings): Promise<CacheArtifact> {
  let digest: Digest | undefined;
  try {
    const found = await around.registry.manifest(at.reference, { direct: true });
    if (!found) return { catalog: emptyCatalog };
    digest = found.descriptor.digest;
    const manifest = readManifest(found.bytes, found.descriptor.mediaType);
    if (manifest.config.mediaType !== catalogType)
      throw problem('NO_CACHE', { reference: at.text, mediaType: manifest.config.mediaType });
    return { digest, catalog: await readCatalog(at, manifest.config, around) };
  } catch (error) {
    const damage = damageOf(error, at);
    if (!damage) throw error;
    return { ...(digest && { digest }), catalog: emptyCatalog, damage };
  }
}

async function readCatalog({ place }: ArtifactPlace, config: Descriptor, around: Surroundings): Promise<Catalog> {
  if (config.size > packedLimit) throw new TypeError('the catalog is too large');
  const bytes = await collect(around.blobs.openBlob(config, [place]));
  await keep(bytes, config, around);
  return parseCatalog((await unpack(bytes, { maxOutputLength: unpackedLimit })).toString('utf8'));
}

/** The store remembers the catalog: a build that finds the same one asks for the manifest alone. */
const keep = (bytes: Uint8Array, descriptor: Descriptor, { store }: Surroundings): Promise<unknown> =>
  store.blobs.write([bytes], descriptor).catch(() => {});

/** The fault of the cache itself; `undefined` for what stands between it and us. */
function damageOf(error: unknown, { text }: ArtifactPlace): BuildError | undefined {
  if (BuildError.is(error))
    return ['DIGEST_MISMATCH', 'BLOB_UNKNOWN', 'MANIFEST_INVALID', 'STORE_DAMAGED'].includes(error.code)
      ? error
      : undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  const isDamage = error instanceof TypeError || error instanceof SyntaxError || (code ?? '').startsWith('Z_');
  return isDamage || code === 'ERR_BUFFER_TOO_LARGE'
    ? problem('DAMAGED', { reference: text, reason: message }, {}, { cause: error })
    : undefined;
}

/** A catalog ready to be put: its blob lies in the repository. */
export interface StagedCatalog {
  readonly bytes: Uint8Array;
}

/** Pushes the catalog; nobody sees it before `putArtifact`. */
export async function stageCatalog(
  { place }: ArtifactPlace,
  catalog: Catalog,
  around: Surroundings,
): Promise<StagedCatalog> {
  const bytes = await pack(printCatalog(catalog));
  const config: Descriptor = { mediaType: catalogType, digest: digestOf(bytes), size: bytes.length };
  await pushBytes(place, config, bytes, around);
  await keep(bytes, config, around);
  const manifest: Manifest = { mediaType: mediaTypes.manifest, config, layers: blobsOf(catalog), annotations: [] };
  return { bytes: writeManifest(manifest) };
}

/** Gives the catalog the cache's name: what it leads to is safe from the registry's garbage collection from then on. */
export async function putArtifact(
  { reference }: ArtifactPlace,
  { bytes }: StagedCatalog,
  { registry }: Surroundings,
): Promise<Digest> {
  return (await registry.putManifest(reference, mediaTypes.manifest, bytes)).digest;
}

/** Every blob once, in an order that depends on nothing but what they are. */
function blobsOf({ layers, indexes }: Catalog): Descriptor[] {
  const all = new Map<Digest, Descriptor>();
  for (const { descriptor } of layers.values()) all.set(descriptor.digest, descriptor);
  for (const { digest, size } of indexes.values()) all.set(digest, { mediaType: indexType, digest, size });
  return [...all.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Requests at a time. */
const looks = 8;

/** Without records whose blobs somebody has deleted: a registry refuses a manifest that leads to nothing. */
export async function withoutMissing(
  { place }: ArtifactPlace,
  catalog: Catalog,
  { registry }: Surroundings,
): Promise<Catalog> {
  const blobs = blobsOf(catalog);
  const there = await mapPool(blobs, looks, ({ digest }) => registry.hasBlob(place, digest));
  const missing = new Set(blobs.filter((_, at) => !there[at]).map(({ digest }) => digest));
  return trimmed({
    records: new Map([...catalog.records].filter(([, { layer }]) => !missing.has(layer))),
    layers: catalog.layers,
    indexes: new Map([...catalog.indexes].filter(([, { digest }]) => !missing.has(digest))),
  });
}

export const packIndex = (bytes: Uint8Array): Promise<Buffer> => pack(bytes);
export const indexDescriptor = (digest: Digest, size: number): Descriptor => ({ mediaType: indexType, digest, size });

/** A layer's index out of its blob. */
export async function readIndexBlob(
  { digest, size }: CatalogIndex,
  place: string,
  around: Surroundings,
): Promise<Uint8Array> {
  const bytes = await collect(around.blobs.openBlob(indexDescriptor(digest, size), [place]));
  return unpack(bytes, { maxOutputLength: unpackedLimit });
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function pushBytes(
  place: string,
  descriptor: Descriptor,
  bytes: Uint8Array,
  { registry }: Surroundings,
): Promise<void> {
  await registry.pushBlob(place, descriptor, {
    mountFrom: [],
    async *open() {
      yield bytes;
    },
  });
}
