import * as z from 'zod/mini';
import { pluginOptions } from '../../core/index.ts';

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
}

/** Options as they were checked. */
export type AzureSettings = {
  readonly [K in keyof AzureContextOptions]: AzureContextOptions[K] | undefined;
};

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));

const given = z.strictObject({
  endpoint: z.optional(z.url({ protocol: /^https?$/, error: 'it must be an http address' })),
  keyEnv: z.optional(filled),
  sasEnv: z.optional(filled),
  parallel: z.optional(z.int().check(z.minimum(1), z.maximum(16))),
});

export const settingsOf = (options: AzureContextOptions): AzureSettings =>
  pluginOptions(given, options, 'azure-context');
