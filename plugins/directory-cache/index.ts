import { definePlugin, type CacheType } from '../../core/index.ts';
import { cacheIn } from './cache.ts';
import { directoryOf, settingsOf, settingsOfUse, type DirectoryCacheOptions } from './options.ts';

export type { DirectoryCacheOptions };

/** Steps in a directory that several machines may share: `directoryCache({ path: '/mnt/cache' })`. */
export const directoryCache = definePlugin((options: DirectoryCacheOptions) => {
  const backend = cacheIn(settingsOf(options));
  return { name: `directory-cache ${backend.name}`, caches: [backend] };
});

/** Caches of type `local`, as `--cache-from` and `--cache-to` name them. */
export const directoryCaches = definePlugin(() => ({ name: 'directory-cache', cacheTypes: [localCacheType] }));

const localCacheType: CacheType = {
  type: 'local',
  place: directoryOf,
  open: (use) => cacheIn(settingsOfUse(use)),
};
