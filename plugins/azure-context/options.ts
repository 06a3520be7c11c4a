import * as z from 'zod/mini';
import { pluginOptions } from '../../core/index.ts';
import { limitsOf, limitsShape, type ArchiveLimits } from '../shared/archive-limits.ts';

export interface AzureContextOptions {
  /**
   * The address of an account's blob service that Azure's names do not tell: a private domain, an emulator
   * (`http://127.0.0.1:10000/devstoreaccount1`). Default: `https://ACCOUNT.blob.core.windows.net`.
   */
  readonly endpoint?: string;
  /** The variable that holds the account's key. Default: `AZURE_STORAGE_ACCESS_KEY`, `AZURE_STORAGE_KEY`. */
  readonly keyEnv?: string;
  /** The variable that holds a SAS. Default: `AZURE_STORAGE_SAS_TOKEN`. */
  readonly sasEnv?: string;
  /** Ranges of a large blob that are fetched at the same time. Default: 4. */
  readonly parallel?: number;
  /** How far an archive may go. */
  readonly limits?: Partial<ArchiveLimits>;
}

/** Options as they were checked. */
export type AzureSettings = {
  readonly [K in Exclude<keyof AzureContextOptions, 'limits'>]?: AzureContextOptions[K] | undefined;
} & { readonly limits: ArchiveLimits };

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));

const given = z.strictObject({
  endpoint: z.optional(z.url({ protocol: /^https?$/, error: 'it must be an http address' })),
  keyEnv: z.optional(filled),
  sasEnv: z.optional(filled),
  parallel: z.optional(z.int().check(z.minimum(1), z.maximum(16))),
  limits: limitsShape,
});

export function settingsOf(options: AzureContextOptions): AzureSettings {
  const { limits, ...rest } = pluginOptions(given, options, 'azure-context');
  return { ...rest, limits: limitsOf(limits) };
}
