import type { BigIntStats } from 'node:fs';
import type { FileStamp } from './host-nodes.ts';

/** Is it the same file, and was it not written to? Inode numbers are kept as signed ones. */
export const isSameStamp = (stats: BigIntStats, stamp: FileStamp): boolean =>
  BigInt.asIntN(64, stats.ino) === stamp.ino &&
  stats.dev === stamp.dev &&
  stats.size === stamp.size &&
  stats.mtimeNs === stamp.mtimeNs &&
  stats.ctimeNs === stamp.ctimeNs;
