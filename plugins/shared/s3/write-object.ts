import { mapPool } from '../../../core/index.ts';
import { hexHash } from '../aws/sign.ts';
import type { Bucket, S3Body } from './bucket.ts';
import { problem } from './problems.ts';
import { elementText } from './xml.ts';

/** Bytes of an object that is sent in parts, each on its own: a broken line then costs a part. */
const inParts = 64 << 20;
const smallestPart = 16 << 20;
/** Parts an object may have. */
const mostParts = 10_000;

/** Writes an object: it is there as a whole or not at all. */
export async function writeObject(
  bucket: Bucket,
  key: string,
  body: S3Body,
  { lanes = 4, parts = inParts } = {},
): Promise<void> {
  if ('open' in body && body.size > parts) return writeParts(bucket, key, body, lanes);
  const response = await bucket.send({ method: 'PUT', key, body, accepts: [200, 201], needs: 's3:PutObject' });
  await response.discard();
}

/** `undefined` where there is no such object; one small enough to be held. */
export async function readSmall(bucket: Bucket, key: string, longest: number): Promise<Uint8Array | undefined> {
  const response = await bucket.send({ method: 'GET', key, accepts: [200, 404], needs: 's3:GetObject' });
  if (response.status === 200) return response.bytes(longest);
  await response.discard();
  return undefined;
}

export async function removeObject(bucket: Bucket, key: string): Promise<void> {
  const response = await bucket.send({ method: 'DELETE', key, accepts: [200, 204, 404], needs: 's3:DeleteObject' });
  await response.discard();
}

type LongBody = Extract<S3Body, { readonly size: number }>;

async function writeParts(bucket: Bucket, key: string, body: LongBody, lanes: number): Promise<void> {
  const needs = 's3:PutObject';
  const begun = await bucket.send({ method: 'POST', key, query: { uploads: '' }, accepts: [200], needs });
  const uploadId = elementText(await begun.text(), 'UploadId');
  if (uploadId === undefined) throw invalid(bucket, key, 'the answer names no upload');
  const query = { uploadId };
  try {
    const etags = await sendParts(bucket, key, body, { lanes, uploadId });
    const list = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const bytes = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
    const done = await bucket.send({ method: 'POST', key, query, body: { bytes }, accepts: [200], needs });
    const text = await done.text();
    // The status is sent before the work is done.
    const failed = elementText(text, 'Code');
    if (failed !== undefined) throw invalid(bucket, key, `the parts could not be put together (${failed})`);
  } catch (error) {
    const gone = bucket.send({ method: 'DELETE', key, query, accepts: [200, 204, 404], needs });
    await gone.then((response) => response.discard()).catch(() => {});
    throw error;
  }
}

async function sendParts(
  bucket: Bucket,
  key: string,
  body: LongBody,
  { lanes, uploadId }: { readonly lanes: number; readonly uploadId: string },
): Promise<readonly string[]> {
  const partSize = Math.max(smallestPart, Math.ceil(body.size / mostParts));
  const parts = partsOf(body.open(), partSize);
  const etags: string[] = [];
  const lane = async (): Promise<void> => {
    for (;;) {
      // A generator hands out one part after another, however many ask.
      const next = await parts.next();
      if (next.done) return;
      const { number, bytes } = next.value;
      const query = { partNumber: String(number), uploadId };
      const response = await bucket.send({
        method: 'PUT',
        key,
        query,
        body: { size: bytes.byteLength, hash: hexHash(bytes), open: () => piecesOf(bytes) },
        accepts: [200],
        needs: 's3:PutObject',
      });
      await response.discard();
      const { etag } = response.headers;
      if (etag === undefined) throw invalid(bucket, key, 'the answer to a part has no ETag');
      etags[number - 1] = etag;
    }
  };
  await mapPool(Array.from({ length: lanes }), lanes, lane);
  return etags;
}

async function* partsOf(
  bytes: AsyncIterable<Uint8Array>,
  partSize: number,
): AsyncGenerator<{ readonly number: number; readonly bytes: Buffer }, void> {
  let number = 0;
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    for (let rest = chunk; rest.byteLength > 0;) {
      const taken = rest.subarray(0, partSize - length);
      waiting.push(taken);
      length += taken.byteLength;
      rest = rest.subarray(taken.byteLength);
      if (length < partSize) continue;
      yield { number: ++number, bytes: Buffer.concat(waiting) };
      waiting = [];
      length = 0;
    }
  }
  if (length > 0) yield { number: ++number, bytes: Buffer.concat(waiting) };
}

/** So that nobody copies a part as a whole. */
async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
}

const invalid = ({ placeOf, server }: Bucket, key: string, reason: string): Error =>
  problem('ANSWER_INVALID', { place: placeOf(key), ...(server !== undefined && { server }), reason });
