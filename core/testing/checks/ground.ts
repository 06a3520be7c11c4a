import { installPlugins } from '../../contract/install.ts';
import type { Plugin } from '../../contract/plugin.ts';
import type { BuildSettings } from '../../contract/surroundings.ts';
import type { Workshop } from '../../contract/workshop.ts';
import { openWorkshop } from '../../phases/open-workshop.ts';
import { openStore } from '../../store/open-store.ts';
import { storeFolder } from '../../store/store-folder.ts';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from '../fake-world.ts';

export interface GroundOptions {
  readonly world?: FakeWorldOptions;
  readonly settings?: Partial<Omit<BuildSettings, 'pluginKeys'>>;
}

/** What offers are given to work with, around a world and a store of its own. */
export interface Ground extends AsyncDisposable {
  readonly world: FakeWorld;
  readonly workshop: Workshop;
}

/** The plugin alone, installed as in a build. */
export async function openGround(plugin: Plugin, options: GroundOptions): Promise<Ground> {
  const world = fakeWorld(options.world);
  try {
    const { offers, hooks } = installPlugins([plugin]);
    const workshop = openWorkshop({
      world,
      offers,
      hooks,
      store: await openStore(storeFolder(world.env, world.home)),
      settings: { jobs: 1, insecureRegistries: [], registries: new Map(), ...options.settings, pluginKeys: [] },
    });
    return {
      world,
      workshop,
      async [Symbol.asyncDispose]() {
        await workshop.scope.close();
        await world[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}
