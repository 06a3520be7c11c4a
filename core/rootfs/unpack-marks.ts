import type { BigIntStats } from 'node:fs';
import type { FsPath } from './host-path.ts';

/** How deletions stand in an unpacked layer; whatever merges layers into a tree brings its own way. */
export interface DeletionMarks {
  /** Nothing is at the path yet. */
  whiteout(path: FsPath): void;
  makeOpaque(directory: FsPath): void;
  clearOpaque(directory: FsPath): void;
  isWhiteout(stats: BigIntStats): boolean;
  isOpaque(directory: FsPath): boolean;
  /** Attributes in which books are kept: they never enter a layer, nor come from one. */
  isOwn(attribute: string): boolean;
}
