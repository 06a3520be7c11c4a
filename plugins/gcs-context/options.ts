import * as z from 'zod/mini';
import { pluginOptions } from '../../core/index.ts';
import { limitsOf, limitsShape, type ArchiveLimits } from '../shared/archive-limits.ts';

export interface GcsContextOptions {
  /** The file of credentials, in place of the one `GOOGLE_APPLICATION_CREDENTIALS` names. From the current directory. */
  readonly credentials?: string;
  /** Another address of the service: `https://storage-xyz.p.googleapis.com`. Default: `https://storage.googleapis.com`. */
  readonly endpoint?: string;
  /** The project that pays for what is read, where the bucket wants that of its readers. */
  readonly userProject?: string;
  /** Ranges of a large object that are fetched at the same time. Default: 4. */
  readonly parallel?: number;
  /** How far an archive may go. */
  readonly limits?: Partial<ArchiveLimits>;
}

/** Options as they were checked. */
export type GcsSettings = {
  readonly [K in Exclude<keyof GcsContextOptions, 'limits'>]?: GcsContextOptions[K] | undefined;
} & { readonly limits: ArchiveLimits };

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));

const given = z.strictObject({
  credentials: z.optional(filled),
  endpoint: z.optional(z.url({ protocol: /^https?$/, error: 'it must be an http address' })),
  userProject: z.optional(filled),
  parallel: z.optional(z.int().check(z.minimum(1), z.maximum(16))),
  limits: limitsShape,
});

export function settingsOf(options: GcsContextOptions): GcsSettings {
  const { limits, ...rest } = pluginOptions(given, options, 'gcs-context');
  return { ...rest, limits: limitsOf(limits) };
}
