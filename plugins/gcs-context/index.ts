import { definePlugin } from '../../core/index.ts';
import { settingsOf, type GcsContextOptions } from './options.ts';

export type { GcsContextOptions };

/**
 * Contexts in Google Cloud Storage: `gs://bucket/object` is a tar or a Dockerfile. Who asks is found as Google's own
 * tools find it (application default credentials); nobody is, where an object is public.
 */
export const gcsContext = definePlugin((options: GcsContextOptions = {}) => {
  const settings = settingsOf(options);
  return {
    name: 'gcs-context',
    contexts: [
      {
        schemes: ['gs'],
        open: async (request, world) => (await import('./open.ts')).openGcs(request, settings, world),
      },
    ],
  };
});
