import * as z from 'zod/mini';
import { pluginOptions } from '../../core/index.ts';
import { serverShape, type ServerOptions } from '../shared/s3/options.ts';

export interface S3ContextOptions extends ServerOptions {
  /** Requests at a time for one object, each for 8 MiB; default: 4. */
  readonly parallel?: number | undefined;
}

const given = z.strictObject({
  ...serverShape,
  parallel: z.optional(z.int().check(z.minimum(1), z.maximum(64))),
});

export const settingsOf = (options: S3ContextOptions): S3ContextOptions =>
  pluginOptions<S3ContextOptions>(given, options, 's3-context');
