import { chmodSync, mkdirSync, rmSync, unlinkSync, utimesSync } from 'node:fs';
import {
  ancestorsOf,
  isWithin,
  parentOf,
  problem as coreProblem,
  rootPath,
  toBuffer,
  fromUtf8,
  type HostPath,
  type ImagePath,
} from '../../core/index.ts';

/** A path as fs takes it: text, or the bytes of a name that is no ASCII. */
export type FsPath = string | Buffer;

/** The directories of a tree that is being made. Only those made here count as such: a link is never followed. */
export interface TreeDirectories {
  at(path: ImagePath): FsPath;
  has(path: ImagePath): boolean;
  /** Makes all above `path` that is not there. */
  above(path: ImagePath): void;
  put(path: ImagePath, mode: number, mtime: number): void;
  /** Removes what stands at `path` in the way of something else. */
  clear(path: ImagePath): void;
  /** Modes and times, which filling a directory changes, or needs otherwise. */
  finish(): void;
}

/** What a directory looks like that its archive left out. */
const leftOut = { mode: 0o755, mtime: 0 };
/** Each is looked for among all others. */
const mostReplaced = 1000;

export function treeDirectories(root: HostPath): TreeDirectories {
  const base = fromUtf8(root);
  const made = new Map<ImagePath, { mode: number; mtime: number } | undefined>([[rootPath, undefined]]);
  /** Entries of a directory follow one another. */
  let lastParent: ImagePath = rootPath;
  let replaced = 0;
  const at = (path: ImagePath): FsPath => {
    const whole = base + path;
    // Buffers cost a copy a call, and nearly all names are plain.
    return plain.test(whole) ? whole : toBuffer(whole);
  };
  const make = (path: ImagePath): void => {
    if (made.has(path)) return;
    try {
      mkdirSync(at(path), { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      unlinkSync(at(path));
      mkdirSync(at(path), { mode: 0o700 });
    }
    made.set(path, leftOut);
  };
  const above = (path: ImagePath): void => {
    const parent = parentOf(path);
    if (parent === lastParent) return;
    if (!made.has(parent)) for (const one of [...ancestorsOf(parent), parent]) make(one);
    lastParent = parent;
  };
  return {
    at,
    has: (path) => made.has(path),
    above,
    put(path, mode, mtime) {
      above(path);
      make(path);
      made.set(path, { mode, mtime });
    },
    clear(path) {
      if (!made.has(path)) {
        unlinkSync(at(path));
        return;
      }
      if (++replaced > mostReplaced)
        throw coreProblem('ARCHIVE_LIMIT', {
          what: 'directories that something takes the place of',
          limit: mostReplaced,
        });
      rmSync(at(path), { recursive: true, force: true });
      for (const known of made.keys()) if (isWithin(path, known)) made.delete(known);
      lastParent = rootPath;
    },
    finish() {
      // From within: whoever may not enter a directory sets nothing below it.
      for (const [path, look] of [...made].reverse()) {
        if (!look) continue;
        // The root is ours to fill and to remove.
        chmodSync(at(path), path === rootPath ? look.mode | 0o700 : look.mode);
        utimesSync(at(path), ...times(look.mtime));
      }
    },
  };
}

const plain = /^[\x00-\x7f]*$/;

/** Both times, as Node's calls take them: a negative number would mean now, a text means itself. */
export const times = (mtime: number): [number | string, number | string] =>
  mtime < 0 ? [String(mtime), String(mtime)] : [mtime, mtime];
