import {
  definePlugin,
  parseReference,
  printReference,
  withDefaultTag,
  type CacheBackend,
  type CacheType,
  type Surroundings,
} from '../../core/index.ts';
import { settingsOf, settingsOfUse, type RegistryCacheOptions, type RegistryCacheSettings } from './options.ts';
import { openSession, type Session } from './session.ts';
import { listCache, pruneCache } from './upkeep.ts';

export type { RegistryCacheOptions };

/** Steps in one repository of a registry: `registryCache({ repository: 'registry.example/app/cache' })`. */
export const registryCache = definePlugin((options: RegistryCacheOptions) => {
  const backend = cacheIn(settingsOf(options));
  return { name: `registry-cache ${backend.name}`, caches: [backend] };
});

/** Caches of type `registry`, as `--cache-from` and `--cache-to` name them. */
export const registryCaches = definePlugin(() => ({ name: 'registry-cache', cacheTypes: [registryCacheType] }));

const registryCacheType: CacheType = {
  type: 'registry',
  place({ options }) {
    const ref = options.find(([name]) => name === 'ref')?.[1];
    return ref === undefined || ref === '' ? '' : printReference(withDefaultTag(parseReference(ref)));
  },
  open: (use) => cacheIn(settingsOfUse(use)),
};

function cacheIn(settings: RegistryCacheSettings): CacheBackend {
  const sessions = new WeakMap<Surroundings, Session>();
  const session = (around: Surroundings): Session => {
    const known = sessions.get(around);
    if (known) return known;
    const opened = openSession(settings, around);
    sessions.set(around, opened);
    return opened;
  };
  return {
    name: settings.text,
    find: (keys, around) => session(around).find(keys),
    save: (record, around, facts) => session(around).save(record, facts),
    index: (diffId, around) => session(around).index(diffId),
    // A build that never came here has nothing to end.
    finish: async (around) => sessions.get(around)?.finish(),
    list: (around) => listCache(settings, around),
    ...(settings.policy.writes && { prune: (bounds, around) => pruneCache(settings, bounds, around) }),
  };
}
