import type { CacheBackend, Surroundings } from '../../core/index.ts';
import type { S3CacheSettings } from './options.ts';
import type { Session } from './session.ts';

/** Records, layers and indexes as objects of a bucket. What it takes is loaded when a build first comes here. */
export function cacheIn(settings: S3CacheSettings): CacheBackend {
  const sessions = new WeakMap<Surroundings, Promise<Session>>();
  const session = (around: Surroundings): Promise<Session> => {
    const known = sessions.get(around);
    if (known) return known;
    const opened = import('./session.ts').then(({ openSession }) => openSession(settings, around));
    sessions.set(around, opened);
    return opened;
  };
  const upkeep = () => import('./upkeep.ts');
  return {
    name: `s3://${settings.bucket}/${settings.prefix}`.replace(/\/$/, ''),
    find: async (keys, around) => (await session(around)).find(keys),
    save: async (record, around, facts) => (await session(around)).save(record, facts),
    open: async (layer, around) => (await session(around)).open(layer),
    index: async (diffId, around) => (await session(around)).index(diffId),
    // A build that never came here has nothing to end.
    finish: async (around) => (await sessions.get(around))?.finish(),
    list: async (around) => (await upkeep()).listCache(settings, around),
    ...(settings.policy.writes && {
      prune: async (bounds, around) => (await upkeep()).pruneCache(settings, bounds, around),
    }),
  };
}
