import { definePlugin } from '../../core/index.ts';
import { settingsOf, type S3ContextOptions } from './options.ts';

export type { S3ContextOptions };

/**
 * Contexts in S3, and in everything that speaks like it: `strake build s3://bucket/app.tar.gz`. What the options leave
 * out the environment says: `s3Context({ endpoint: 'https://s3.example', pathStyle: true })`.
 */
export const s3Context = definePlugin((options: S3ContextOptions = {}) => {
  const settings = settingsOf(options);
  return {
    name: 's3-context',
    contexts: [
      {
        schemes: ['s3'],
        open: async (request, world) => (await import('./open-object.ts')).openObject(request, settings, world),
      },
    ],
  };
});
