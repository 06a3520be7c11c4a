import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '../base/errors.ts';

const full = new Set(['ENOSPC', 'EDQUOT']);
const forbidden = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

/** A failed call on a path of the store, as users are to read it; what is no fault of the disk passes through. */
export function storeFault(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (full.has(code)) {
    const free = freeBytes(path);
    return problem('STORE_FULL', { path, ...(free !== undefined && { free }) }, {}, { cause: error });
  }
  if (forbidden.has(code))
    return problem('STORE_NOT_WRITABLE', { path, reason: reasons[code] ?? code }, {}, { cause: error });
  return error;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is no directory',
};

/** Runs a call on the store's files. */
export async function onDisk<T>(path: string, call: () => Promise<T> | T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storeFault(error, path);
  }
}

/** As `onDisk`, for calls that do not wait. */
export function onDiskNow<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw storeFault(error, path);
  }
}

/** Bytes an ordinary user may still write where the path is, or will be. */
export function freeBytes(path: string): number | undefined {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
