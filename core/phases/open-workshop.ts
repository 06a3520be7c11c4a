import { openScope } from '../base/scope.ts';
import type { BuilderHooks } from '../contract/hooks.ts';
import type { Store } from '../contract/store.ts';
import type { BuildSettings } from '../contract/surroundings.ts';
import type { Offers, Workshop } from '../contract/workshop.ts';
import type { World } from '../contract/world.ts';
import { cachedLayers } from '../caching/cached-layers.ts';
import { noticeFailure } from '../caching/lookup.ts';
import { createRegistry } from '../registry/client.ts';
import { rememberIn } from '../registry/remember-in-store.ts';
import { chooseIsolation } from './choose-isolation.ts';
import { supplyBlobs } from './layer-supply.ts';

export interface WorkshopParts {
  readonly world: World;
  readonly offers: Offers;
  readonly hooks: BuilderHooks;
  readonly store: Store;
  readonly settings: BuildSettings;
  /** Name of the isolation asked for; absent: the highest that works. */
  readonly isolation?: string;
}

/** Everything the phases need, for one call of `build`; the caller closes its scope. */
export function openWorkshop(parts: WorkshopParts): Workshop {
  const { world, offers, store, settings } = parts;
  const scope = openScope();
  const registry = createRegistry({
    world,
    credentials: offers.credentials,
    insecureRegistries: settings.insecureRegistries,
    registries: settings.registries,
    remember: rememberIn(store.blobs),
  });
  const workshop: Workshop = {
    ...parts,
    scope,
    registry,
    blobs: supplyBlobs(
      world,
      store,
      registry,
      cachedLayers(offers.caches, () => workshop),
    ),
    isolation: chooseIsolation(offers.isolations, parts.isolation, world, store, scope),
  };
  for (const cache of offers.caches) {
    scope.defer(async () =>
      cache.finish?.(workshop).catch((error: unknown) => noticeFailure(cache, 'written', error, workshop)),
    );
  }
  return workshop;
}
