import type { Digest } from '../base/brand.ts';
import { digestOf, isDigest, shortDigest } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { HttpResponse } from '../contract/http.ts';
import type { Descriptor, Reference } from '../oci/image.ts';
import { imageTypes, mediaTypes } from '../oci/media-types.ts';
import { damagedUpload } from './damage.ts';
import type { Call, Exchange } from './exchange.ts';
import type { Place } from './places.ts';
import type { Remember } from './remember.ts';
import type { Need } from './scopes.ts';

/** Manifest or index as it came. */
export interface RawManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Any artifact, so that one that is no image is named as such instead of missing. */
const accept = [...imageTypes, '*/*;q=0.1'].join(', ');
/** Bytes; what registries must take at least (distribution specification, pushing manifests). */
const manifestLimit = 4 << 20;

/** Fetches a manifest, verified against the digest asked for and the one the registry names. */
export async function getManifest(
  exchange: Exchange,
  place: Place,
  wanted: Wanted,
  remember: Remember,
): Promise<RawManifest | undefined> {
  const name = wanted.digest ?? wanted.tag ?? 'latest';
  const what = `reading the manifest ${place.repository}${wanted.digest ? `@${shortDigest(wanted.digest)}` : `:${name}`}`;
  const need: Need = { ...place, actions: ['pull'] };
  const known = wanted.digest ?? (isPullCounted(place) ? await headDigest(exchange, need, what, name) : undefined);
  const kept = known && (await remember.get(known));
  if (known && kept) return { descriptor: describe(kept, known), bytes: kept };
  const target = `manifests/${known ?? name}`;
  const call: Call = {
    need,
    what,
    method: 'GET',
    target,
    headers: { accept },
    accepts: [200, 404],
    once: true,
  };
  // The answer is read inside: one that breaks off is asked for again.
  const read = await exchange.repeat(what, need, async () => {
    const response = await exchange.send(call);
    if (response.status === 200) return { response, bytes: await response.bytes(manifestLimit) };
    await response.discard();
    return undefined;
  });
  if (read === undefined) return undefined;
  const { bytes, response } = read;
  const digest = verified(bytes, known, response, `${what} (${place.registry})`);
  await remember.put(digest, bytes);
  return { descriptor: describe(bytes, digest, response.headers['content-type']), bytes };
}

/** What is asked for; a digest wins over a tag. */
export type Wanted = Pick<Reference, 'tag' | 'digest'>;

/** On Docker Hub a GET of a manifest counts as a pull, a HEAD does not. */
const isPullCounted = ({ registry }: Place): boolean => registry === 'docker.io';

async function headDigest(exchange: Exchange, need: Need, what: string, name: string): Promise<Digest | undefined> {
  const response = await exchange.send({
    need,
    what,
    method: 'HEAD',
    target: `manifests/${name}`,
    headers: { accept },
    accepts: [200, 404],
  });
  await response.discard();
  const digest = response.headers['docker-content-digest'];
  return response.status === 200 && digest !== undefined && isDigest(digest) ? digest : undefined;
}

function verified(bytes: Uint8Array, wanted: Digest | undefined, response: HttpResponse, what: string): Digest {
  const actual = digestOf(bytes);
  const said = response.headers['docker-content-digest'];
  const expected = wanted ?? (said !== undefined && isDigest(said) ? said : actual);
  if (expected !== actual) throw problem('DIGEST_MISMATCH', { what: `The answer to ${what}`, expected, actual });
  return actual;
}

function describe(bytes: Uint8Array, digest: Digest, contentType?: string): Descriptor {
  const given = contentType?.split(';')[0]?.trim().toLowerCase();
  return { mediaType: ownMediaType(bytes, given), digest, size: bytes.byteLength };
}

/** The one inside counts (OCI 1.1); a manifest without one is told by the header, else by its parts. */
function ownMediaType(bytes: Uint8Array, given: string | undefined): string {
  try {
    const content = JSON.parse(Buffer.from(bytes).toString()) as {
      mediaType?: unknown;
      manifests?: unknown;
      schemaVersion?: unknown;
    };
    if (typeof content.mediaType === 'string' && content.mediaType !== '') return content.mediaType;
    if (given?.startsWith('application/vnd.')) return given;
    if (content.schemaVersion === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
    return Array.isArray(content.manifests) ? mediaTypes.index : mediaTypes.manifest;
  } catch {
    return given ?? 'application/octet-stream';
  }
}

/**
 * Pushes a manifest under its tag, or under its digest where the reference has no tag. Over plain HTTP nothing notices
 * bytes that change on the way, and a registry takes whatever comes for a tag: there it is pushed by its digest first,
 * which the registry compares, and no name is given to what was not built. `arrived` holds what it compared already.
 */
export async function putManifest(
  exchange: Exchange,
  reference: Reference,
  mediaType: string,
  bytes: Uint8Array,
  arrived: Set<string>,
): Promise<Descriptor> {
  const { registry, repository, tag } = reference;
  const digest = digestOf(bytes);
  const at = `${registry}/${repository}@${digest}`;
  const need: Need = { registry, repository, actions: ['pull', 'push'] };
  const manifest: OwnManifest = { mediaType, digest, bytes };
  if (tag === undefined || (exchange.isPlain(registry) && !arrived.has(at)))
    await putUnder(exchange, need, digest, manifest);
  arrived.add(at);
  if (tag !== undefined) await putUnder(exchange, need, tag, manifest);
  return { mediaType, digest, size: bytes.byteLength };
}

interface OwnManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

async function putUnder(
  exchange: Exchange,
  need: Need,
  name: string,
  { mediaType, digest, bytes }: OwnManifest,
): Promise<void> {
  const { registry, repository } = need;
  const what = `pushing the manifest ${repository}${name === digest ? `@${shortDigest(digest)}` : `:${name}`}`;
  const call: Call = {
    need,
    what,
    method: 'PUT',
    target: `manifests/${name}`,
    headers: { 'content-type': mediaType },
    body: () => bytes,
    accepts: [200, 201, 202],
    once: true,
    refused: ({ status }, diagnostics) => damagedUpload(status, diagnostics, need, what),
  };
  // Told of another digest, the name is given again at once: nobody is to find what was not built under it.
  await exchange.repeat(what, need, async () => {
    const response = await exchange.send(call);
    await response.discard();
    const said = response.headers['docker-content-digest'];
    if (said !== undefined && isDigest(said) && said !== digest)
      throw problem('MANIFEST_DAMAGED', { registry, what, expected: digest, actual: said });
  });
}
