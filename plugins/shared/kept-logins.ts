import type { Credentials, World } from '../../core/index.ts';

/** Milliseconds before their end at which logins are fetched anew: the core asks again a minute before. */
const margin = 120_000;

/**
 * Remembers what a cloud gave: one question a build and key, however many layers ask at once. What is about to end, and
 * what failed, is asked for anew.
 */
export function keptLogins() {
  const byWorld = new WeakMap<World, Map<string, Promise<Credentials | undefined>>>();
  return async (
    world: World,
    key: string,
    fetch: () => Promise<Credentials | undefined>,
  ): Promise<Credentials | undefined> => {
    let kept = byWorld.get(world);
    if (kept === undefined) byWorld.set(world, (kept = new Map<string, Promise<Credentials | undefined>>()));
    const before = kept.get(key);
    const good = await before;
    if (before !== undefined && !ends(good, world)) return good;
    // Somebody else who waited for the same may have asked already.
    const now = kept.get(key);
    if (now !== undefined && now !== before) return now;
    const asked = fetch();
    kept.set(key, asked);
    asked.catch(() => kept.delete(key));
    return asked;
  };
}

const ends = (credentials: Credentials | undefined, world: World): boolean =>
  credentials?.expires !== undefined && credentials.expires.getTime() - margin < world.now().getTime();
