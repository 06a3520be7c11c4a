import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { HostPath } from '../base/brand.ts';
import { isMissing, onDiskNow } from './store-faults.ts';

/** What all parts of a store share. */
export interface StoreFiles {
  readonly root: HostPath;
  temp(label: string): HostPath;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Milliseconds: a use is noted when the last one noted is that long ago, so that reading does not write. */
const noteEvery = 10 * 60 * 1000;

/** Small files are written and read in one go; the page cache has them. */
export function writeWhole(files: StoreFiles, path: string, bytes: Uint8Array | string, synced = false): void {
  const temporary = files.temp(basename(dirname(path)));
  onDiskNow(path, () => {
    try {
      writeFileSync(temporary, bytes, { mode: 0o600 });
      mkdirSync(dirname(path), { recursive: true });
      if (synced) syncPath(temporary);
      renameSync(temporary, path);
      if (synced) syncPath(dirname(path));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function readWhole(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Notes that a file was used: its mtime is the time of last use. False where it is not there. */
export function noteUse(files: StoreFiles, path: string): boolean {
  try {
    const now = files.now();
    if (statSync(path).mtimeMs + noteEvery < now) utimesSync(path, now / 1000, now / 1000);
    return true;
  } catch (error) {
    // On a store that may only be read nothing is noted.
    return !isMissing(error);
  }
}

/** Puts a file out of the way that is not what it should be, for people to look at. */
export function putAside(files: StoreFiles, path: string): void {
  const damaged = join(files.root, 'damaged');
  try {
    mkdirSync(damaged, { recursive: true });
    renameSync(path, join(damaged, `${basename(dirname(path))}-${basename(path)}-${files.now()}`));
  } catch {
    // Another process has put it aside already.
  }
}

/** A file name for any text: what is not plain becomes `%XX`, capitals too, as some file systems take them for small. */
export function fileNameFor(text: string): string {
  const escaped = Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/[^a-z0-9_-]|^\./g, (char) =>
      char === '.' ? '.' : `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
  return escaped.startsWith('.') ? `%2e${escaped.slice(1)}` : escaped;
}
