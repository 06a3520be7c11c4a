import type { HttpResponse } from '../../../core/index.ts';
import { downloadRanges } from '../ranged-download.ts';
import type { Bucket } from './bucket.ts';
import { problem } from './problems.ts';

/** An object that has begun to come. */
export interface ComingObject {
  readonly size: number;
  /** As the server writes it, in quotes. */
  readonly etag?: string;
  /** In order; whoever stops early stops the requests. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  /** Not when it is still this one. */
  readonly unlessEtag?: string;
  /** Requests at a time; what they bring is kept until its turn: so many parts are held at most. */
  readonly lanes?: number;
  /** Each chunk is only good until the next one is asked for: less work, and memory stays the same. */
  readonly lent?: boolean;
  /** Made where the object is another one than it was when its first bytes came. */
  readonly changed: () => Error;
}

/** Bytes of a part. */
const partSize = 16 << 20;
/** Milliseconds without a byte: another request may fare better. */
const idleTimeout = 20_000;

/**
 * Reads an object by several requests at a time, each for a part: one connection seldom gets all that a line can carry.
 * The first request asks for the first part and tells what there is; one object in one part costs one request.
 */
export async function readObject(
  bucket: Bucket,
  key: string,
  { unlessEtag, lanes = 4, lent = false, changed }: ReadOptions,
): Promise<ComingObject | 'unchanged'> {
  const stop = new AbortController();
  const first = await bucket.send({
    method: 'GET',
    key,
    headers: {
      range: `bytes=0-${partSize - 1}`,
      ...(unlessEtag !== undefined && { 'if-none-match': unlessEtag }),
    },
    accepts: [200, 206, 304, 416],
    needs: 's3:GetObject',
    signal: stop.signal,
    idleTimeout,
    bulk: lent,
  });
  const { etag } = first.headers;
  const named = etag === undefined ? {} : { etag };
  if (first.status === 304 || first.status === 416) await first.discard();
  if (first.status === 304) return 'unchanged';
  // There is no first byte.
  if (first.status === 416) return { size: 0, ...named, bytes: (async function* () {})() };
  if (first.status === 200) return { size: sizeOf(first, bucket, key), ...named, bytes: first.body };
  const size = totalOf(first, bucket, key);

  let begun: AsyncIterable<Uint8Array> | undefined = first.body;
  const open = async (start: number, end: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
    const bytes = start === 0 ? begun : undefined;
    begun = undefined;
    if (bytes) return bytes;
    const response = await bucket.send({
      method: 'GET',
      key,
      headers: { range: `bytes=${start}-${end - 1}`, ...(etag && { 'if-match': etag }) },
      accepts: [206, 404, 412],
      needs: 's3:GetObject',
      signal,
      idleTimeout,
      bulk: lent,
    });
    if (response.status === 206 && totalOf(response, bucket, key) === size) return response.body;
    await response.discard();
    throw changed();
  };
  const what = bucket.placeOf(key);
  const stopped = ending(
    downloadRanges({ what, size, open }, { signal: stop.signal, parallel: lanes, partSize, lent }),
    stop,
  );
  return { size, ...named, bytes: stopped };
}

/** The first request ends with the others, also where nobody ever took its bytes. */
async function* ending(bytes: AsyncIterable<Uint8Array>, stop: AbortController): AsyncGenerator<Uint8Array, void> {
  try {
    yield* bytes;
  } finally {
    stop.abort(new DOMException('Nobody reads on.', 'AbortError'));
  }
}

function sizeOf({ headers }: HttpResponse, bucket: Bucket, key: string): number {
  const size = Number(headers['content-length'] ?? NaN);
  if (Number.isSafeInteger(size)) return size;
  throw invalid(bucket, key, 'the answer has no length');
}

function totalOf({ headers }: HttpResponse, bucket: Bucket, key: string): number {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  if (total !== undefined) return Number(total);
  throw invalid(bucket, key, 'the answer does not say which part it is');
}

const invalid = ({ placeOf, server }: Bucket, key: string, reason: string): Error =>
  problem('ANSWER_INVALID', { place: placeOf(key), ...(server !== undefined && { server }), reason });
