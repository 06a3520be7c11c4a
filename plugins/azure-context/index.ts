import { definePlugin } from '../../core/index.ts';
import { isBlobAddress } from './location.ts';
import { settingsOf, type AzureContextOptions } from './options.ts';

export type { AzureContextOptions };

/**
 * Contexts in Azure Blob Storage: `https://ACCOUNT.blob.core.windows.net/container/blob` or
 * `azblob://account/container/blob` is a tar or a Dockerfile.
 */
export const azureContext = definePlugin((options: AzureContextOptions = {}) => {
  const settings = settingsOf(options);
  return {
    name: 'azure-context',
    contexts: [
      {
        schemes: ['azblob', 'https', 'http'],
        // Other addresses are archives of the web, or repositories.
        takes: ({ location, scheme }) => scheme === 'azblob' || isBlobAddress(location, settings.endpoint),
        open: async (request, world) => (await import('./open.ts')).openAzure(request, settings, world),
      },
    ],
  };
});
