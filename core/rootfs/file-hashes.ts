import { createHash, hash as hashOf } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Digest, HostPath, ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { pool } from '../base/pool.ts';
import { hashRecords } from './hash-records.ts';
import type { FileStamp } from './host-nodes.ts';
import type { FsPath } from './host-path.ts';
import { isSameStamp } from './host-stamp.ts';

/** Content hashes of the host's files, each read once and remembered from build to build. */
export interface FileHashes {
  /** What is remembered of a file with this stamp. */
  known(stamp: FileStamp): Digest | undefined;
  /** Reads the file where nothing is remembered: a small one at once. `path` is how people know it. */
  hash(file: FsPath, stamp: FileStamp, path: ImagePath): Digest | Promise<Digest>;
  /** Keeps what was learnt for the next build; never fails, as losing it costs time only. */
  save(): Promise<void>;
}

export interface FileHashesOptions {
  /** Where they are kept; absent: for this run alone. */
  readonly file?: HostPath;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Read in one go; a larger one is read in the background. */
const smallFile = 256 * 1024;
const chunkSize = 1024 * 1024;
/** Large files read side by side. */
const lanes = 4;
/**
 * A file written to again within one tick of its file system's clock can keep its stamp. Ticks are milliseconds on
 * Linux and up to two seconds on old and foreign file systems: what changed that lately is hashed again next time.
 */
const grain = 2_000_000_000n;

export function openFileHashes({ file, now }: FileHashesOptions): FileHashes {
  const records = hashRecords(file, Math.floor(now() / 86_400_000));
  const background = pool(lanes);
  const buffer = Buffer.allocUnsafeSlow(smallFile + 1);

  const learnt = (stamp: FileStamp, readAt: bigint, digest: Digest): Digest => {
    const isSettled = stamp.mtimeNs + grain < readAt && stamp.ctimeNs + grain < readAt;
    records.set(stamp, digest, isSettled);
    return digest;
  };

  return {
    known: (stamp) => records.get(stamp),
    hash(path, stamp, imagePath) {
      const known = records.get(stamp);
      if (known) return known;
      const readAt = BigInt(now()) * 1_000_000n;
      if (stamp.size <= smallFile) return learnt(stamp, readAt, hashSmall(path, stamp, imagePath, buffer));
      return background.run(async () => learnt(stamp, readAt, await hashLarge(path, stamp, imagePath)));
    },
    save: () => records.save(),
  };
}

/** A link or a pipe that took the file's place is not followed nor waited for. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

function hashSmall(file: FsPath, stamp: FileStamp, path: ImagePath, buffer: Buffer): Digest {
  const descriptor = reading(path, stamp, () => openSync(file, flags));
  try {
    let count = 0;
    for (let read = 1; read > 0 && count < buffer.length; count += read)
      read = reading(path, stamp, () => readSync(descriptor, buffer, count, buffer.length - count, null));
    // The stamp was taken before and is looked at after: nothing was written in between.
    if (!isSameStamp(fstatSync(descriptor, { bigint: true }), stamp)) throw hasChanged(path, stamp);
    return `sha256:${hashOf('sha256', buffer.subarray(0, count), 'hex')}` as Digest;
  } finally {
    closeSync(descriptor);
  }
}

async function hashLarge(file: FsPath, stamp: FileStamp, path: ImagePath): Promise<Digest> {
  const handle = await open(file, flags).catch((error: unknown) => {
    throw unreadable(path, stamp, error);
  });
  try {
    const running = createHash('sha256');
    const chunk = Buffer.allocUnsafeSlow(chunkSize);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunkSize, null).catch((error: unknown) => {
        throw unreadable(path, stamp, error);
      });
      if (bytesRead === 0) break;
      running.update(chunk.subarray(0, bytesRead));
    }
    if (!isSameStamp(await handle.stat({ bigint: true }), stamp)) throw hasChanged(path, stamp);
    return `sha256:${running.digest('hex')}` as Digest;
  } finally {
    await handle.close();
  }
}

function reading<T>(path: ImagePath, stamp: FileStamp, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw unreadable(path, stamp, error);
  }
}

const gone = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR']);

function unreadable(path: ImagePath, stamp: FileStamp, cause: unknown) {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  if (gone.has(code)) return hasChanged(path, stamp, 'it was gone');
  return problem(
    'SOURCE_UNREADABLE',
    { path: toUtf8(path.slice(1)), where: 'the context', reason: code },
    {},
    { cause },
  );
}

const hasChanged = (path: ImagePath, stamp: FileStamp, actual = 'it was written to') =>
  problem('LAYER_SOURCE_CHANGED', { path: toUtf8(path), expected: Number(stamp.size), actual });
