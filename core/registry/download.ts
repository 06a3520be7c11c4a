import { setTimeout as sleep } from 'node:timers/promises';
import { shortDigest } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { HttpResponse } from '../contract/http.ts';
import type { Descriptor } from '../oci/image.ts';
import { isTransient } from './connection-problem.ts';
import type { Exchange } from './exchange.ts';
import { placeText, type Place } from './places.ts';

export interface DownloadDeps {
  readonly exchange: Exchange;
  /** How often a broken download goes on without having come further. */
  attemptsAt(place: Place): number;
  /** Milliseconds. */
  readonly firstDelay: number;
  readonly signal: AbortSignal;
}

/** How many connections a blob of this size may cost: a line that breaks every megabyte is still worth it. */
const connectionsFor = (size: number): number => 20 + Math.ceil(size / (1 << 20));

/** The bytes of a blob from `offset` on. A broken connection is made again where it broke. Unverified. */
export async function* downloadBlob(
  deps: DownloadDeps,
  place: Place,
  descriptor: Descriptor,
  offset: number,
): AsyncGenerator<Uint8Array, void> {
  let reached = offset;
  let fruitless = 0;
  for (let connections = 1; reached < descriptor.size; connections++) {
    const begun = reached;
    const response = await request(deps.exchange, place, descriptor, reached);
    let failure: unknown;
    try {
      for await (const chunk of fromOffset(response, reached, place)) {
        reached += chunk.byteLength;
        if (reached > descriptor.size) throw tooLong(place, descriptor);
        yield chunk;
      }
      if (reached === descriptor.size) return;
    } catch (error) {
      if (!isTransient(error)) throw error;
      failure = error;
    }
    fruitless = reached > begun ? 0 : fruitless + 1;
    if (fruitless >= deps.attemptsAt(place) || connections >= connectionsFor(descriptor.size))
      throw brokenOff(failure, place, descriptor, reached);
    // One that came further goes on at once: a large blob over a bad line breaks often.
    if (fruitless > 0) await sleep(deps.firstDelay * 2 ** (fruitless - 1), undefined, { signal: deps.signal });
  }
}

async function request(exchange: Exchange, place: Place, { digest }: Descriptor, from: number): Promise<HttpResponse> {
  return exchange.send({
    need: { ...place, actions: ['pull'] },
    what: `downloading the blob ${shortDigest(digest)} of ${place.repository}`,
    method: 'GET',
    target: `blobs/${digest}`,
    // A compressed transfer would make offsets meaningless.
    headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    accepts: from > 0 ? [200, 206] : [200],
    refused: ({ status }) =>
      status === 404 ? problem('BLOB_UNKNOWN', { repository: placeText(place), digest }) : undefined,
  });
}

/** A server that does not know ranges sends everything again: what we have of it is skipped. */
async function* fromOffset(
  response: HttpResponse,
  offset: number,
  { registry }: Place,
): AsyncGenerator<Uint8Array, void> {
  let skip = offset;
  if (response.status === 206) {
    const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
    if (start !== undefined && Number(start) > offset)
      throw problem('REGISTRY_ANSWER_INVALID', {
        registry,
        what: 'resuming a download',
        reason: `began at byte ${start}, not ${offset}`,
      });
    skip = start === undefined ? 0 : offset - Number(start);
  }
  for await (const chunk of response.body) {
    if (skip >= chunk.byteLength) skip -= chunk.byteLength;
    else {
      yield skip > 0 ? chunk.subarray(skip) : chunk;
      skip = 0;
    }
  }
}

const tooLong = (place: Place, { digest, size }: Descriptor) =>
  problem('REGISTRY_ANSWER_INVALID', {
    registry: place.registry,
    what: `downloading the blob ${shortDigest(digest)}`,
    reason: `sent more than the ${size} bytes it should have`,
  });

const brokenOff = (cause: unknown, place: Place, { digest, size }: Descriptor, reached: number) =>
  problem(
    'REGISTRY_UNREACHABLE',
    {
      registry: place.registry,
      what: `downloading the blob ${shortDigest(digest)}`,
      reason: `The connection breaks again and again; ${reached} of ${size} bytes came.`,
    },
    {},
    { cause },
  );
