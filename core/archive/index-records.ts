import type { ImagePath } from '../base/brand.ts';
import type { LayerEntry } from './entry.ts';
import { entryAt, magic, restartEvery, textAt, varintAt, type ReadPosition } from './index-format.ts';

/** Walks the records in order; nothing but their paths is read until `entry` is called. */
export interface Cursor {
  /** Moves to the next record; false after the last. */
  next(): boolean;
  /** Path of the record the cursor stands on. */
  readonly path: ImagePath;
  entry(): LayerEntry;
}

export interface Records {
  readonly count: number;
  /** A cursor right before the first record whose path is `path` or comes after it. */
  from(path: string): Cursor;
}

/** The records of an index whose checksum has been found right. */
export function recordsOf(bytes: Buffer): Records {
  const count = bytes.readUInt32LE(magic.length);
  const restarts = bytes.readUInt32LE(magic.length + 4);
  const table = bytes.readUInt32LE(magic.length + 8);
  const restartAt = (restart: number): number => bytes.readUInt32LE(table + 4 * restart);

  /** The last restart whose path is before `path`: the marks of one path may stand on both sides of a restart. */
  const restartBefore = (path: string): number => {
    let low = 0;
    let high = restarts;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comesBefore(bytes, restartAt(middle), path)) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  };

  return {
    count,
    from(path) {
      const restart = restartBefore(path);
      const cursor = cursorAt(bytes, restart * restartEvery, count, count === 0 ? 0 : restartAt(restart));
      cursor.skipTo(path);
      return cursor;
    },
  };
}

/** Compares a path that is written in full, at a restart, with `path`. */
function comesBefore(bytes: Buffer, record: number, path: string): boolean {
  const read: ReadPosition = { at: record };
  varintAt(bytes, read);
  const length = varintAt(bytes, read);
  const shorter = Math.min(length, path.length);
  for (let i = 0; i < shorter; i++) {
    const difference = bytes[read.at + i]! - path.charCodeAt(i);
    if (difference !== 0) return difference < 0;
  }
  return length < path.length;
}

function cursorAt(bytes: Buffer, first: number, count: number, offset: number) {
  const read: ReadPosition = { at: offset };
  let left = count - first;
  let path = '';
  let description = 0;
  /** `skipTo` has already gone to the record that `next` is to show. */
  let ahead = false;

  const advance = (): boolean => {
    if (left === 0) return false;
    left--;
    const shared = varintAt(bytes, read);
    const rest = textAt(bytes, read);
    path = shared === 0 ? rest : path.slice(0, shared) + rest;
    const length = varintAt(bytes, read);
    description = read.at;
    read.at += length;
    return true;
  };
  return {
    get path() {
      return path as ImagePath;
    },
    entry: () => entryAt(bytes, description, path as ImagePath),
    next() {
      if (!ahead) return advance();
      ahead = false;
      return true;
    },
    skipTo(wanted: string) {
      while (advance()) {
        if (path < wanted) continue;
        ahead = true;
        return;
      }
    },
  };
}
