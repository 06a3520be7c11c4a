import { shortDigest } from '../base/digest.ts';
import { BuildError, problem } from '../base/errors.ts';
import type { HttpResponse } from '../contract/http.ts';
import type { BlobPushSource } from '../contract/registry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Call, Exchange } from './exchange.ts';
import { damagedUpload } from './damage.ts';
import { parsePlace, placeText, type Place } from './places.ts';
import type { Need } from './scopes.ts';

export type PushOutcome = 'present' | 'mounted' | 'uploaded';

/** Milliseconds: a registry that moves a large blob to its storage is silent for long. */
const uploadTimeout = 10 * 60_000;

/** Is the blob there? */
export async function hasBlob(
  exchange: Exchange,
  need: Need,
  descriptor: Pick<Descriptor, 'digest'>,
): Promise<boolean> {
  const { digest } = descriptor;
  const what = `looking for the blob ${shortDigest(digest)} in ${need.repository}`;
  const response = await exchange.send({ need, what, method: 'HEAD', target: `blobs/${digest}`, accepts: [200, 404] });
  await response.discard();
  return response.status === 200;
}

/** Mounts the blob from another repository of the registry, or uploads it. Call when it is known not to be there. */
export async function mountOrUpload(
  exchange: Exchange,
  place: Place,
  descriptor: Descriptor,
  source: BlobPushSource,
  alsoIn: readonly string[] = [],
): Promise<'mounted' | 'uploaded'> {
  const need: Need = { ...place, actions: ['pull', 'push'] };
  const sources = [...alsoIn, ...source.mountFrom]
    .map(parsePlace)
    .filter(({ registry, repository }) => registry === place.registry && repository !== place.repository);
  let session: URL | undefined;
  for (const { repository } of new Map(sources.map((one) => [placeText(one), one])).values()) {
    if (session) await cancelUpload(exchange, need, session);
    const answer = await mount(exchange, need, descriptor, repository);
    if (answer === 'mounted') return 'mounted';
    session = answer;
  }
  const what = `pushing the blob ${shortDigest(descriptor.digest)} to ${place.repository}`;
  // Any failure in the middle loses the upload: begin, send and close are tried again as one.
  await exchange.repeat(what, need, async () => {
    const location = session ?? (await beginUpload(exchange, need, what));
    session = undefined;
    await send(exchange, need, what, location, descriptor, source);
  });
  return 'uploaded';
}

/** `mounted`, or the upload the registry began instead; `undefined` where it does not want to hear of mounts. */
async function mount(
  exchange: Exchange,
  need: Need,
  { digest }: Descriptor,
  from: string,
): Promise<'mounted' | URL | undefined> {
  const what = `mounting the blob ${shortDigest(digest)} of ${from} in ${need.repository}`;
  try {
    const response = await exchange.send({
      need: { ...need, mountFrom: [from] },
      what,
      method: 'POST',
      target: `blobs/uploads/?${new URLSearchParams({ mount: digest, from }).toString()}`,
      accepts: [201, 202],
    });
    await response.discard();
    return response.status === 201 ? 'mounted' : locationOf(response, need, what);
  } catch (error) {
    // It may be forbidden to read there, or unknown: an upload of our own always works.
    if (BuildError.is(error)) return undefined;
    throw error;
  }
}

export async function beginUpload(exchange: Exchange, need: Need, what: string): Promise<URL> {
  const response = await exchange.send({
    need,
    what,
    method: 'POST',
    target: 'blobs/uploads/',
    accepts: [202],
    once: true,
  });
  await response.discard();
  return locationOf(response, need, what);
}

function locationOf({ headers, url }: HttpResponse, { registry }: Need, what: string): URL {
  const location = URL.parse(headers['location'] ?? '', url.href);
  if (headers['location'] === undefined || location === null)
    throw problem('REGISTRY_ANSWER_INVALID', { registry, what, reason: 'names no place to upload to' });
  return location;
}

/** Sends bytes of which it is not yet known how many they will be; gives where to go on. */
export async function continueUpload(
  exchange: Exchange,
  need: Need,
  what: string,
  location: URL,
  bytes: () => AsyncIterable<Uint8Array>,
): Promise<URL> {
  const response = await exchange.send({
    need,
    what,
    method: 'PATCH',
    target: location,
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    accepts: [202],
    idleTimeout: uploadTimeout,
    once: true,
  });
  await response.discard();
  return locationOf(response, need, what);
}

/** All bytes are there: the registry holds them against the digest. */
export async function closeUpload(exchange: Exchange, need: Need, location: URL, blob: Descriptor): Promise<void> {
  const what = `pushing the blob ${shortDigest(blob.digest)} to ${need.repository}`;
  const response = await exchange.send({
    need,
    what,
    method: 'PUT',
    target: closing(location, blob),
    headers: { 'content-type': 'application/octet-stream', 'content-length': '0' },
    accepts: [201, 202, 204],
    idleTimeout: uploadTimeout,
    once: true,
  });
  await response.discard();
}

/** Not through `searchParams`: rewriting the registry's own query can break its signature. */
function closing(location: URL, { digest }: Descriptor): URL {
  const target = new URL(location);
  target.search += `${target.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  return target;
}

async function send(
  exchange: Exchange,
  need: Need,
  what: string,
  location: URL,
  descriptor: Descriptor,
  source: BlobPushSource,
): Promise<void> {
  const call: Call = {
    need,
    what,
    method: 'PUT',
    target: closing(location, descriptor),
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) },
    body: () => (descriptor.size === 0 ? '' : counted(descriptor, source)),
    accepts: [201, 202, 204],
    idleTimeout: uploadTimeout,
    once: true,
    refused: ({ status }, diagnostics) =>
      damagedUpload(status, diagnostics, need, what) ?? refused(status, need, what, descriptor),
  };
  const response = await exchange.send(call);
  await response.discard();
}

function refused(status: number, { registry }: Need, what: string, { size }: Descriptor): BuildError | undefined {
  if (status === 413) return problem('UPLOAD_TOO_LARGE', { registry, what, size });
  // The registry has forgotten the upload: as good as a broken connection.
  if (status === 404) return problem('CONNECTION_LOST', { host: registry, reason: 'the registry gave the upload up' });
  return undefined;
}

async function* counted({ digest, size }: Descriptor, source: BlobPushSource): AsyncGenerator<Uint8Array, void> {
  let done = 0;
  for await (const chunk of source.open()) {
    done += chunk.byteLength;
    if (done > size) break;
    yield chunk;
    source.onProgress?.(done);
  }
  if (done !== size)
    throw problem('DIGEST_MISMATCH', {
      what: `The blob ${shortDigest(digest)}`,
      expected: `${size} bytes`,
      actual: done > size ? 'longer' : `${done} bytes`,
    });
}

export async function cancelUpload(exchange: Exchange, need: Need, location: URL): Promise<void> {
  const call: Call = {
    need,
    what: 'giving an upload up',
    method: 'DELETE',
    target: location,
    accepts: [200, 202, 204, 404, 405],
    once: true,
  };
  await exchange.send(call).then(
    (response) => response.discard(),
    () => {},
  );
}
