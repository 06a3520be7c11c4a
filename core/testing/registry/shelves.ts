import type { Digest } from '../../base/brand.ts';
import { digestOf, isDigest } from '../../base/digest.ts';
import { isForeignLayer, isIndexType, isManifestType } from '../../oci/media-types.ts';

/** What one repository holds. Repositories share nothing: a blob is where it was uploaded or mounted, and only there. */
export interface Repository {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
}
export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export type Repositories = Map<string, Repository>;

/** The repository of that name, made when it is first written to. */
export function repositoryOf(repositories: Repositories, name: string): Repository {
  const known = repositories.get(name);
  if (known) return known;
  const made: Repository = { blobs: new Map(), manifests: new Map(), tags: new Map() };
  repositories.set(name, made);
  return made;
}

/** Bytes (distribution specification: at least 4 MiB must be taken). */
export const manifestLimit = 4 << 20;

interface Part {
  readonly mediaType?: unknown;
  readonly digest?: unknown;
  readonly size?: unknown;
}
interface Content {
  readonly schemaVersion?: unknown;
  readonly mediaType?: unknown;
  readonly config?: Part;
  readonly layers?: unknown;
  readonly manifests?: unknown;
}

export interface Objection {
  readonly code: 'MANIFEST_INVALID' | 'MANIFEST_BLOB_UNKNOWN' | 'DIGEST_INVALID';
  readonly message: string;
}

/** What is wrong with a manifest as it is put into a repository; `undefined`: nothing. */
export function objectionTo(
  bytes: Uint8Array,
  mediaType: string | undefined,
  { blobs, manifests }: Repository,
): Objection | undefined {
  const invalid = (message: string): Objection => ({ code: 'MANIFEST_INVALID', message });
  const content = contentOf(bytes);
  if (content === undefined) return invalid('it is no JSON object');
  if (content.schemaVersion !== 2) return invalid('its schemaVersion is not 2');
  if (mediaType === undefined) return invalid('the request has no Content-Type');
  if (content.mediaType !== undefined && content.mediaType !== mediaType)
    return invalid(`it calls itself ${JSON.stringify(content.mediaType)}, the request ${mediaType}`);
  if (isIndexType(mediaType)) {
    if (!Array.isArray(content.manifests)) return invalid('an index has manifests');
    return firstMissing(content.manifests as Part[], (digest) => manifests.get(digest)?.bytes);
  }
  if (!isManifestType(mediaType)) return invalid(`${mediaType} is no type of a manifest`);
  if (!Array.isArray(content.layers) || typeof content.config !== 'object') return invalid('it lacks config or layers');
  const layers = (content.layers as Part[]).filter(({ mediaType: type }) => !isForeignLayer(String(type)));
  return firstMissing([content.config, ...layers], (digest) => blobs.get(digest));
}

function contentOf(bytes: Uint8Array): Content | undefined {
  try {
    const content = JSON.parse(Buffer.from(bytes).toString()) as Content | null;
    return typeof content === 'object' && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}

function firstMissing(parts: readonly Part[], find: (digest: Digest) => Uint8Array | undefined): Objection | undefined {
  for (const { digest, size, mediaType } of parts) {
    if (typeof digest !== 'string' || !isDigest(digest) || typeof mediaType !== 'string')
      return { code: 'MANIFEST_INVALID', message: 'a descriptor lacks a digest or a type' };
    const found = find(digest);
    if (found === undefined) return { code: 'MANIFEST_BLOB_UNKNOWN', message: `${digest} is not in this repository` };
    if (found.length !== size)
      return { code: 'MANIFEST_INVALID', message: `${digest} has ${found.length} bytes, not ${String(size)}` };
  }
  return undefined;
}

/** Stores a manifest under its digest, and under a tag where it has one. */
export function keepManifest(repository: Repository, name: string, manifest: StoredManifest): Digest {
  const digest = digestOf(manifest.bytes);
  repository.manifests.set(digest, manifest);
  if (!isDigest(name)) repository.tags.set(name, digest);
  return digest;
}
