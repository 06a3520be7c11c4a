import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { Entry } from './entry.ts';

/** How far an archive from outside may go. */
export interface TarLimits {
  readonly entries: number;
  /** Bytes of all files together, holes filled. */
  readonly totalSize: number;
  /** Bytes of a path or of a link's target. Linux itself takes 4096. */
  readonly nameLength: number;
  /** Bytes of a pax or long-name header. */
  readonly extendedHeader: number;
  /** Components of a path. */
  readonly depth: number;
}

const standard: TarLimits = {
  entries: 20_000_000,
  totalSize: Number.MAX_SAFE_INTEGER,
  nameLength: 4096,
  extendedHeader: 1 << 20,
  depth: 1024,
};

/** Keywords that hold for the rest of the archive. */
const mostGlobals = 1000;

/** Counts what passes and stops at the first step too far. */
export function tarGuard(asked: Partial<TarLimits>) {
  const limits: TarLimits = { ...standard, ...asked };
  let entries = 0;
  let totalSize = 0;
  const over = (what: string, limit: number, path?: string) =>
    problem('ARCHIVE_LIMIT', { what, limit, ...(path !== undefined && { path: toUtf8(path.slice(0, 100)) }) });
  return {
    extended(size: number, offset: number): void {
      if (size < 0) throw problem('ARCHIVE_DAMAGED', { reason: 'An extended header has a negative size', offset });
      if (size > limits.extendedHeader) throw over('bytes of an extended header', limits.extendedHeader);
    },
    globals(records: ReadonlyMap<string, string>): void {
      if (records.size > mostGlobals) throw over('records for all entries', mostGlobals);
    },
    entry(entry: Entry): void {
      const { path } = entry;
      if (++entries > limits.entries) throw over('entries', limits.entries);
      if (path.length > limits.nameLength) throw over('bytes of a name', limits.nameLength, path);
      if (path.length > limits.depth && path.split('/').length - 1 > limits.depth)
        throw over('directories in one another', limits.depth, path);
      if (entry.type === 'symlink' || entry.type === 'hardlink') {
        if (entry.target.length > limits.nameLength) throw over('bytes of a link', limits.nameLength, path);
      } else if (entry.type === 'file') {
        totalSize += entry.size;
        if (totalSize > limits.totalSize) throw over('bytes of content', limits.totalSize, path);
      }
    },
  };
}
