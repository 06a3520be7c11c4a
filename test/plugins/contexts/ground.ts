/** What the tests of fetched contexts share: a world and a store of their own, archives byte by byte. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../core/store/open-store.ts';
import { storeFolder } from '../../../core/store/store-folder.ts';
import { fakeWorld, readTree, type FakeWorld, type FakeWorldOptions, type Tree } from '../../../core/testing/index.ts';
import type { BuildContext, ContextRequest, Plugin } from '../../../core/index.ts';
import { splitLocation } from '../../../core/phases/context-location.ts';

export interface ContextGround extends AsyncDisposable {
  readonly world: FakeWorld;
  /** As a build does, with what the store keeps. */
  open(location: string, more?: Pick<ContextRequest, 'options' | 'subdirectory'>): Promise<BuildContext>;
  /** Its files. */
  files(location: string, more?: Pick<ContextRequest, 'options' | 'subdirectory'>): Promise<Tree>;
  /** Directories that were begun and are not kept. */
  left(): string[];
}

export async function contextGround(plugin: Plugin, options: FakeWorldOptions = {}): Promise<ContextGround> {
  // Later than any file was written: what has just changed is not trusted to have changed for the last time.
  const world = fakeWorld({ now: new Date(Date.now() + 3_600_000), ...options });
  const store = await openStore(storeFolder(world.env, world.home));
  const open: ContextGround['open'] = async (location, more = {}) => {
    const [source] = plugin.contexts ?? [];
    return source!.open({ ...splitLocation(location), ...more, kept: store.trees }, world);
  };
  return {
    world,
    open,
    files: async (location, more) => readTree((await open(location, more)).root),
    left: () =>
      [join(world.root, 'temp'), join(store.root, 'tmp')].filter(existsSync).flatMap((folder) => readdirSync(folder)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
