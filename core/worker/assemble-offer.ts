import type { IsolationOffer } from '../contract/isolation.ts';
import { assembleIsolation, assembleTraits } from './assemble-isolation.ts';

/** Layers are put together without a file tree: works anywhere, and for everything but RUN. */
export const assembleOffer = (): IsolationOffer => ({
  name: 'assemble',
  traits: assembleTraits,
  probe: async () => ({
    available: true,
    findings: ['works everywhere; RUN is refused'],
    enable: [],
    mode: 'assemble, without RUN',
  }),
  open: async (world, store) => assembleIsolation(store, () => world.tempDir('layers')),
});
