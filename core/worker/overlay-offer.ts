import { platform } from 'node:os';
import type { HostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { IsolationOffer, IsolationProbe, IsolationTraits } from '../contract/isolation.ts';
import type { Env, World } from '../contract/world.ts';
import { probeOverlay, type OverlayProbe } from '../isolation/overlay/probe.ts';
import { systemPath } from '../isolation/overlay/programs.ts';
import { storeFolder } from '../store/store-folder.ts';
import { remoteIsolation } from './remote-isolation.ts';
import { startWorker } from './start-worker.ts';

const traits: IsolationTraits = { runs: true, exclusive: false, exact: true };

const modes = {
  root: 'overlay, as root',
  user: 'overlay, in a user namespace with a range of ids',
  single: 'overlay, in a user namespace with a single id',
} as const;

/** Steps on overlays of unpacked layers, in a worker: as root, or in a user namespace. */
export function overlayOffer(): IsolationOffer {
  const probes = new WeakMap<World, Promise<OverlayProbe>>();
  const probe = (world: World): Promise<OverlayProbe> => {
    const known = probes.get(world) ?? tryHere(world);
    probes.set(world, known);
    return known;
  };
  return {
    name: 'overlay',
    traits,
    async probe(world): Promise<IsolationProbe> {
      const { found, findings, enable } = await probe(world);
      if (!found) return { available: false, findings, enable, mode: 'overlay' };
      const { rank } = found.entrance;
      return { available: true, findings, enable, mode: modes[rank], traits: { ...traits, exact: rank !== 'single' } };
    },
    async open(world, store) {
      const { found, findings, enable } = await probe(world);
      if (!found) throw problem('ISOLATION_UNAVAILABLE', { name: 'overlay', findings, enable });
      const worker = await startWorker({ ...found, store: store.root, path: searchPath(world.env) });
      return remoteIsolation(worker, store);
    },
  };
}

async function tryHere(world: World): Promise<OverlayProbe> {
  const isLinux = platform() === 'linux';
  if (!isLinux) return { findings: ['this system is not Linux'], enable: ['build on Linux, or without RUN'] };
  const store: HostPath = storeFolder(world.env, world.home);
  return probeOverlay({ uid: world.uid, gid: world.gid, store, path: searchPath(world.env) });
}

/** The user's own path first, then where system programs are: users seldom have /usr/sbin. */
function searchPath({ PATH }: Env): string {
  const own = (PATH ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return [...new Set([...own, ...systemPath.split(':')])].join(':');
}
