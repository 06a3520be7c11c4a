/** A cache of a plugin as builds use it: several machines, one clock for each. */
import { openGround, type Ground } from '../../core/testing/checks/ground.ts';
import { treeLayer, type Check } from '../../core/testing/index.ts';
import { describe, test } from 'vitest';
import {
  digestOf,
  hexOf,
  type CacheBackend,
  type CacheKey,
  type CacheRecord,
  type Env,
  type Layer,
  type Plugin,
  type RegistryAccesses,
} from '../../core/index.ts';

/** One build on one machine. */
export interface Machine extends AsyncDisposable {
  readonly ground: Ground;
  readonly cache: CacheBackend;
  /** Saves a step that made a file of this name, on the layers below. */
  save(name: string, facts?: { readonly below?: readonly Layer[]; readonly inImage?: boolean }): Promise<CacheRecord>;
  /** Names of those that are found. */
  found(...names: readonly string[]): Promise<string[]>;
}

export const keyOf = (name: string): CacheKey => hexOf(digestOf(name)) as CacheKey;

interface MachineOptions {
  readonly day?: number;
  readonly insecure?: readonly string[];
  readonly registries?: RegistryAccesses;
  readonly env?: Env;
}

/** `day`: days after the first of January 2024. */
export async function machine(
  plugin: Plugin,
  { day = 0, insecure = [], registries = new Map(), env = {} }: MachineOptions = {},
): Promise<Machine> {
  const now = new Date(Date.UTC(2024, 0, 1 + day));
  const settings = { insecureRegistries: insecure, registries };
  const ground = await openGround(plugin, { world: { network: 'loopback', now, env }, settings });
  const { workshop, world } = ground;
  const cache = workshop.offers.caches[0]!;
  return {
    ground,
    cache,
    async save(name, { below = [], inImage = true } = {}) {
      const record: CacheRecord = {
        key: keyOf(name),
        layer: await treeLayer(workshop.store, { '/name': name }),
        inputs: [['name', name]],
        step: `RUN ${name}`,
        created: world.now().toISOString(),
        ms: 1,
      };
      await cache.save(record, workshop, { below, inImage });
      return record;
    },
    async found(...names) {
      const found = await cache.find(names.map(keyOf), workshop);
      return names.filter((name) => found.has(keyOf(name)));
    },
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  };
}

/** Runs the checks of a contract as tests. */
export function pass(name: string, checks: readonly Check[]): void {
  describe(name, () => {
    for (const check of checks)
      test(check.name, async (context) => {
        const { skipped } = await check.run();
        // A promise that does not apply says why: nothing was left out.
        if (skipped !== undefined) await context.annotate(skipped);
      });
  });
}
