import { definePlugin } from '../../core/index.ts';
import { storeCache } from './cache.ts';
import { storeImages } from './images.ts';
import { storeOutput } from './output.ts';

/** What this machine keeps between builds: images built before as bases, records of steps, and where images go by default. */
export const storePlugin = definePlugin(() => ({
  name: 'store',
  images: [storeImages],
  caches: [storeCache],
  outputs: [storeOutput],
}));
