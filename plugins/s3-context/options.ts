import * as z from 'zod/mini';
import { pluginOptions } from '../../core/index.ts';
import { limitsOf, limitsShape, type ArchiveLimits } from '../shared/archive-limits.ts';
import { serverShape, type ServerOptions } from '../shared/s3/options.ts';

export interface S3ContextOptions extends ServerOptions {
  /** Requests at a time for one object, each for 16 MiB; default: 4. */
  readonly parallel?: number | undefined;
  /** How far an archive may go. */
  readonly limits?: Partial<ArchiveLimits>;
}

/** Options as they were checked. */
export interface S3Settings extends ServerOptions {
  readonly parallel?: number | undefined;
  readonly limits: ArchiveLimits;
}

const given = z.strictObject({
  ...serverShape,
  parallel: z.optional(z.int().check(z.minimum(1), z.maximum(64))),
  limits: limitsShape,
});

export function settingsOf(options: S3ContextOptions): S3Settings {
  const { limits, ...rest } = pluginOptions(given, options, 's3-context');
  return { ...rest, limits: limitsOf(limits) };
}
