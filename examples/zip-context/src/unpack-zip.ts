import { createWriteStream } from 'node:fs';
import { chmod, mkdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { problem } from './problems.ts';
import { readDirectory, type ZipEntry } from './read-directory.ts';

export interface UnpackOptions {
  /** For messages. */
  readonly path: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Unpacks an archive below a fresh directory, a stream at a time; nothing is written outside of it. */
export async function unpackZip(file: FileHandle, root: string, options: UnpackOptions): Promise<void> {
  const left = { bytes: options.maxBytes };
  for (const entry of await readDirectory(file, options.path)) {
    options.signal.throwIfAborted();
    if (!isInside(entry.name)) throw problem('ENTRY_OUTSIDE', { path: options.path, name: entry.name });
    const place = join(root, entry.name);
    if (entry.name.endsWith('/')) await mkdir(place, { recursive: true });
    else await unpackFile(file, entry, place, left, options);
  }
}

/** By name alone, which is enough as no links are made: every directory above a file is one of ours. */
const isInside = (name: string): boolean =>
  !name.startsWith('/') && !name.includes('\\') && !name.split('/').includes('..');

async function unpackFile(
  file: FileHandle,
  entry: ZipEntry,
  place: string,
  left: { bytes: number },
  { path, maxBytes, signal }: UnpackOptions,
): Promise<void> {
  const invalid = (reason: string) => problem('NOT_A_ZIP', { path, reason: `"${entry.name}" ${reason}` });
  const start = await entry.contentStart();
  let sum = 0;
  // What an archive says of its sizes is not believed: bytes are counted as they come.
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      left.bytes -= chunk.length;
      sum = crc32(chunk, sum);
      if (left.bytes < 0) done(problem('TOO_LARGE', { path, limit: maxBytes }));
      else done(null, chunk);
    },
  });
  if (entry.method !== 0 && entry.method !== 8) throw invalid(`is packed by method ${entry.method}`);
  await mkdir(dirname(place), { recursive: true });
  const packed = bytesOf(file, start, entry.packedSize);
  const target = createWriteStream(place, { flags: 'wx' });
  if (entry.method === 8) await pipeline(packed, createInflateRaw(), counted, target, { signal });
  else await pipeline(packed, counted, target, { signal });
  if (sum !== entry.checksum) throw invalid('is damaged');
  await chmod(place, entry.mode);
}

async function* bytesOf(file: FileHandle, start: number, size: number): AsyncGenerator<Buffer> {
  const end = start + size;
  for (let at = start; at < end;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(1 << 16, end - at)), 0, undefined, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
