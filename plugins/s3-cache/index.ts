import { definePlugin, type CacheType } from '../../core/index.ts';
import { cacheIn } from './cache.ts';
import { placeOf, settingsOf, settingsOfUse, type S3CacheOptions } from './options.ts';

export type { S3CacheOptions };

/** Steps in a bucket that machines share: `s3Cache({ bucket: 'builds', prefix: 'app/' })`. */
export const s3Cache = definePlugin((options: S3CacheOptions) => {
  const backend = cacheIn(settingsOf(options));
  return { name: `s3-cache ${backend.name}`, caches: [backend] };
});

/** Caches of type `s3`, as `--cache-from` and `--cache-to` name them. */
export const s3Caches = definePlugin(() => ({ name: 's3-cache', cacheTypes: [s3CacheType] }));

const s3CacheType: CacheType = {
  type: 's3',
  place: placeOf,
  open: (use) => cacheIn(settingsOfUse(use)),
};
