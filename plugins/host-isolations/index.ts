import { spawnSync } from 'node:child_process';
import {
  assembleIsolation,
  assembleTraits,
  definePlugin,
  hostPath,
  remoteIsolation,
  startWorker,
  type IsolationOffer,
  type World,
} from '../../core/index.ts';

/** Ways to run steps on this machine, best first. */
export const hostIsolations = definePlugin(() => ({ name: 'host-isolations', isolations: [overlay, assemble] }));

const rankOf = (world: World): 'root' | 'user' | 'single' | undefined => {
  if (world.uid === 0) return 'root';
  const works = (...flags: string[]): boolean =>
    spawnSync('unshare', ['--user', ...flags, '--mount', 'true']).status === 0;
  if (works('--map-auto', '--map-root-user')) return 'user';
  return works('--map-root-user') ? 'single' : undefined;
};

const overlay: IsolationOffer = {
  name: 'overlay',
  traits: { runs: true, exclusive: false, exact: true },
  async probe(world) {
    const rank = rankOf(world);
    const traits = { runs: true, exclusive: false, exact: rank !== 'single' };
    return {
      available: rank !== undefined,
      findings: rank === undefined ? ['user namespaces: not allowed here'] : [],
      enable: [],
      mode: `overlay, as ${rank ?? 'nobody'}`,
      traits,
    };
  },
  async open(world, store) {
    return remoteIsolation(await startWorker({ store: store.root, rank: rankOf(world)!, freshProc: true }), store);
  },
};

const assemble: IsolationOffer = {
  name: 'assemble',
  traits: assembleTraits,
  probe: async () => ({ available: true, findings: ['needs nothing; cannot RUN'], enable: [], mode: 'assemble' }),
  open: async (world, store) => assembleIsolation(store, async () => hostPath(await world.tempDir('assemble'))),
};
