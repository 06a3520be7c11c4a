import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostPath, type Digest, type HostPath } from '../base/brand.ts';
import { hexOf, meter } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { BlobStore, BlobWriter } from '../contract/store.ts';
import { followedFile } from './followed-file.ts';
import { isMissing, onDisk, onDiskNow } from './store-faults.ts';
import { noteUse, putAside, type StoreFiles } from './whole-files.ts';

const chunkSize = 1 << 20;

/** Bytes by their digest: `blobs/sha256/<hex>`. */
export function blobStore(files: StoreFiles): BlobStore {
  const path = (digest: Digest): HostPath => hostPath(join(files.root, 'blobs', 'sha256', hexOf(digest)));
  const writer = async (): Promise<BlobWriter> => blobWriter(files, path);
  return {
    path,
    has: async (digest) => noteUse(files, path(digest)),
    open: (digest, offset = 0) => verified(files, path(digest), digest, offset),
    writer,
    async write(bytes, expected) {
      if (expected && noteUse(files, path(expected.digest))) {
        // Nobody reads them now: whoever makes them may stop.
        if (Symbol.asyncIterator in bytes) await bytes[Symbol.asyncIterator]().return?.();
        return expected;
      }
      return writeAll(await writer(), bytes, expected);
    },
  };
}

async function writeAll(
  writer: BlobWriter,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly size: number } | undefined,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const passed = meter();
  try {
    for await (const chunk of bytes) {
      passed.update(chunk);
      await writer.write(chunk);
    }
    const actual = { digest: passed.digest(), size: passed.size };
    if (expected && (actual.digest !== expected.digest || actual.size !== expected.size))
      throw mismatch(expected.digest, actual.digest);
    await writer.commit(actual.digest);
    return actual;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Writes go to the page cache at once; losing them to a power cut loses time, and readers verify. */
function blobWriter(files: StoreFiles, path: (digest: Digest) => HostPath): BlobWriter {
  const temporary = files.temp('blob');
  let descriptor: number | undefined = onDiskNow(temporary, () => openSync(temporary, 'wx', 0o600));
  let size = 0;
  const followed = followedFile(temporary);
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    get size() {
      return size;
    },
    write(chunk) {
      const target = descriptor;
      if (target === undefined) throw problem('INTERNAL', { reason: 'a blob was written to after its end' });
      onDiskNow(temporary, () => {
        for (let at = 0; at < chunk.length;) at += writeSync(target, chunk, at);
      });
      size += chunk.length;
      followed.grown(size);
    },
    follow: () => followed.follow(),
    async commit(digest) {
      close();
      onDiskNow(temporary, () => {
        mkdirSync(dirname(path(digest)), { recursive: true });
        renameSync(temporary, path(digest));
      });
      followed.done(path(digest));
    },
    async abort() {
      close();
      followed.failed();
      rmSync(temporary, { force: true });
    },
  };
}

const mismatch = (expected: Digest, actual: Digest) => problem('DIGEST_MISMATCH', { what: 'A blob', expected, actual });

/** All of it is read, also with an offset: only the whole has a digest. */
async function* verified(
  files: StoreFiles,
  path: HostPath,
  digest: Digest,
  offset: number,
): AsyncGenerator<Uint8Array, void> {
  const handle = await openBlob(path);
  try {
    noteUse(files, path);
    const passed = meter();
    for (;;) {
      const before = passed.size;
      const { buffer, bytesRead } = await onDisk(path, () => handle.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize));
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      passed.update(chunk);
      if (passed.size > offset) yield chunk.subarray(Math.max(0, offset - before));
    }
    const actual = passed.digest();
    if (actual === digest) return;
    putAside(files, path);
    throw problem('DIGEST_MISMATCH', { what: path, expected: digest, actual });
  } finally {
    await handle.close();
  }
}

/** A prune that meets a hold puts the blob back: it may be away for a moment. */
async function openBlob(path: HostPath): Promise<FileHandle> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await open(path, 'r');
    } catch (error) {
      if (!isMissing(error)) return onDisk(path, () => Promise.reject(error as Error));
      if (attempt === 2) throw problem('STORE_DAMAGED', { path, reason: 'it is not there' }, {}, { cause: error });
      await pause(20);
    }
  }
}
