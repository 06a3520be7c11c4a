import * as z from 'zod/mini';
import { problem as coreProblem, type TarLimits } from '../../core/index.ts';

/** How far an archive may go that becomes a context, wherever it comes from. */
export interface ArchiveLimits {
  /** Files, directories, links. */
  readonly entries: number;
  /** Bytes of all files together, holes filled. */
  readonly bytes: number;
  /** Bytes that one byte sent may become, from the first GiB on. */
  readonly ratio: number;
  /** Directories in one another. */
  readonly depth: number;
}

export const usualLimits: ArchiveLimits = { entries: 1_000_000, bytes: 128 * 1024 ** 3, ratio: 250, depth: 255 };

const count = z.optional(z.int().check(z.positive({ error: 'it must be more than 0' })));

/** As options of a plugin. */
export const limitsShape = z.optional(z.strictObject({ entries: count, bytes: count, ratio: count, depth: count }));

export function limitsOf(given: z.infer<typeof limitsShape> = {}): ArchiveLimits {
  const { entries, bytes, ratio, depth } = usualLimits;
  return {
    entries: given.entries ?? entries,
    bytes: given.bytes ?? bytes,
    ratio: given.ratio ?? ratio,
    depth: given.depth ?? depth,
  };
}

export const tarLimits = ({ entries, bytes, depth }: ArchiveLimits): Partial<TarLimits> => ({
  entries,
  totalSize: bytes,
  depth,
});

/** Bytes for which nobody asks how few they were made of. */
const anySize = 1024 ** 3;

/** Throws where so few bytes become so many. */
export function checkRatio(sent: number, became: number, { ratio }: ArchiveLimits): void {
  if (became <= anySize || became <= sent * ratio) return;
  throw coreProblem('ARCHIVE_LIMIT', { what: 'times its own size, and a GiB, when unpacked', limit: ratio });
}
