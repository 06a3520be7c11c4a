import type { Blobs } from './blobs.ts';
import type { Registry } from './registry.ts';
import type { RegistryAccesses } from './registry-access.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

/** What offers are given to work with. */
export interface Surroundings {
  readonly world: World;
  readonly store: Store;
  readonly registry: Registry;
  readonly blobs: Blobs;
  readonly settings: BuildSettings;
}

export interface BuildSettings {
  /** Steps and stages at a time. */
  readonly jobs: number;
  /** Seconds since 1970; absent: now. */
  readonly sourceDateEpoch?: number;
  readonly insecureRegistries: readonly string[];
  readonly registries: RegistryAccesses;
  /** `cacheKey` of every plugin that has one: part of all step keys. */
  readonly pluginKeys: readonly string[];
}
