import type { Digest } from '../../base/brand.ts';
import { digestOf, isDigest } from '../../base/digest.ts';
import type { Descriptor } from '../../oci/image.ts';
import { refuse, type Answer } from './answer.ts';
import { isTag, type Asked } from './asked.ts';
import { readSmall, sizeOf, type Shelf } from './shelf.ts';

/** Bytes (distribution specification: at least 4 MiB). */
const limit = 4 << 20;

/** A manifest or index by tag or digest: HEAD, GET, PUT, DELETE. Tags are the store's image names. */
export async function answerManifest(shelf: Shelf, asked: Asked, repository: string, name: string): Promise<Answer> {
  if (!isDigest(name) && !isTag(name)) return refuse(400, 'MANIFEST_INVALID', `"${name}" is neither tag nor digest`);
  switch (asked.method) {
    case 'GET':
    case 'HEAD':
      return read(shelf, asked, repository, name);
    case 'PUT':
      return write(shelf, asked, repository, name);
    case 'DELETE':
      return remove(shelf, repository, name);
    default:
      return refuse(405, 'UNSUPPORTED', 'a manifest knows GET, HEAD, PUT and DELETE');
  }
}

async function read(shelf: Shelf, asked: Asked, repository: string, name: string): Promise<Answer> {
  const digest = isDigest(name) ? name : (await shelf.store.images.get(`${repository}:${name}`))?.digest;
  const bytes = digest && (await readSmall(shelf, digest, limit));
  const content = bytes && parse(bytes);
  if (!digest || !content) return refuse(404, 'MANIFEST_UNKNOWN', `no manifest ${name}`);
  const headers = {
    'content-type': mediaTypeOf(content),
    'content-length': bytes.byteLength,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  };
  if (asked.headers['if-none-match']?.includes(digest)) return { status: 304, headers: { etag: headers.etag } };
  return { status: 200, headers, ...(asked.method === 'GET' ? { body: bytes } : {}) };
}

async function write(shelf: Shelf, asked: Asked, repository: string, name: string): Promise<Answer> {
  const bytes = await collect(asked.body);
  if (bytes === undefined) return refuse(413, 'MANIFEST_INVALID', `manifests have at most ${limit} bytes`);
  const digest = digestOf(bytes);
  if (isDigest(name) && name !== digest) return refuse(400, 'DIGEST_INVALID', `the manifest is ${digest}`);
  const content = parse(bytes);
  if (!content) return refuse(400, 'MANIFEST_INVALID', 'it is no manifest and no index');
  const missing = await firstMissing(shelf, content);
  if (missing !== undefined) return refuse(400, 'MANIFEST_BLOB_UNKNOWN', `it names ${missing}, which is not here`);
  const descriptor: Descriptor = {
    mediaType: asked.headers['content-type'] ?? mediaTypeOf(content),
    digest,
    size: bytes.byteLength,
  };
  await shelf.store.blobs.write([bytes], descriptor);
  shelf.store.hold([digest]);
  if (!isDigest(name)) await shelf.store.images.put(`${repository}:${name}`, descriptor);
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      'docker-content-digest': digest,
      'content-length': 0,
    },
  };
}

async function remove({ store, deletes }: Shelf, repository: string, name: string): Promise<Answer> {
  if (!deletes) return refuse(405, 'UNSUPPORTED', 'this registry deletes nothing');
  const mine = (await store.images.list()).filter((image) => image.name.startsWith(`${repository}:`));
  const gone = mine.filter((image) => image.name === `${repository}:${name}` || image.manifest.digest === name);
  if (gone.length === 0) return refuse(404, 'MANIFEST_UNKNOWN', `no manifest ${name}`);
  for (const image of gone) await store.images.remove(image.name);
  return { status: 202, headers: { 'content-length': 0 } };
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Content {
  readonly mediaType?: unknown;
  readonly config?: Part;
  readonly layers?: readonly Part[];
  readonly manifests?: readonly Part[];
}
interface Part {
  readonly digest?: unknown;
  /** The bytes are to be had elsewhere and never were pushed. */
  readonly urls?: unknown;
}

/** As much of a manifest as a registry must understand; `undefined`: it is none. */
function parse(bytes: Uint8Array): Content | undefined {
  try {
    const content = JSON.parse(Buffer.from(bytes).toString()) as { schemaVersion?: unknown } & Content;
    const index = Array.isArray(content.manifests);
    const image = Array.isArray(content.layers) && typeof content.config === 'object';
    // Both at once is one thing to some clients and another to others.
    return content.schemaVersion === 2 && index !== image ? content : undefined;
  } catch {
    return undefined;
  }
}

const mediaTypeOf = (content: Content): string =>
  typeof content.mediaType === 'string' && content.mediaType !== ''
    ? content.mediaType
    : `application/vnd.oci.image.${content.manifests ? 'index' : 'manifest'}.v1+json`;

async function firstMissing(shelf: Shelf, { config, layers = [], manifests }: Content): Promise<string | undefined> {
  const parts = manifests ?? [...(config ? [config] : []), ...layers];
  for (const { digest, urls } of parts) {
    if (urls !== undefined) continue;
    const known =
      typeof digest === 'string' && isDigest(digest) && (await sizeOf(shelf, digest satisfies Digest)) !== undefined;
    if (!known) return String(digest);
  }
  return undefined;
}
