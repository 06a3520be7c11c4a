import type { Digest } from '../../base/brand.ts';
import { isDigest } from '../../base/digest.ts';
import { refuse, type Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import { sizeOf, type Shelf } from './shelf.ts';

/** HEAD and GET of a blob, whole or a range of it. All repositories see all blobs of the store. */
export async function answerBlob(shelf: Shelf, asked: Asked, name: string): Promise<Answer> {
  if (!isDigest(name)) return refuse(400, 'DIGEST_INVALID', 'blobs are named by sha256 digests');
  if (asked.method !== 'GET' && asked.method !== 'HEAD')
    return refuse(405, 'UNSUPPORTED', 'blobs are removed by pruning the store');
  const size = await sizeOf(shelf, name);
  if (size === undefined) return refuse(404, 'BLOB_UNKNOWN', `no blob ${name}`);
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': name,
    etag: `"${name}"`,
    'accept-ranges': 'bytes',
  };
  const range = parseRange(asked.headers.range, size);
  if (range === 'outside')
    return refuse(416, 'SIZE_INVALID', 'the range lies outside of the blob', { 'content-range': `bytes */${size}` });
  const { from, to } = range ?? { from: 0, to: size };
  const part = range === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${size}` };
  return {
    status: range === undefined ? 200 : 206,
    headers: { ...headers, 'content-length': to - from, ...part },
    ...(asked.method === 'GET' ? { body: slice(shelf, name, from, to - from) } : {}),
  };
}

/** One range of bytes, half open; `undefined`: all. Lists of ranges are answered with everything, as they may be (RFC 9110 14.2). */
export function parseRange(
  header: string | undefined,
  size: number,
): { from: number; to: number } | 'outside' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '')
    return last === '0' || size === 0 ? 'outside' : { from: Math.max(0, size - Number(last)), to: size };
  const from = Number(first);
  if (from >= size) return 'outside';
  const to = last === '' ? size : Math.min(size, Number(last) + 1);
  return to <= from ? undefined : { from, to };
}

async function* slice(shelf: Shelf, digest: Digest, from: number, length: number): AsyncGenerator<Uint8Array, void> {
  let left = length;
  if (left === 0) return;
  for await (const chunk of shelf.store.blobs.open(digest, from)) {
    yield chunk.byteLength > left ? chunk.subarray(0, left) : chunk;
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}
