import { mkdir } from 'node:fs/promises';
import type { HostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { Isolation, IsolationTraits } from '../contract/isolation.ts';
import type { Store } from '../contract/store.ts';
import { layerCopier } from './copy-layers.ts';

export const assembleTraits: IsolationTraits = { runs: false, exclusive: false, exact: true };

const noTree = () =>
  problem('RUN_NOT_POSSIBLE', { isolation: 'assemble', reasons: ['It puts layers together and has no file tree.'] });

/** The isolation that needs nothing: no right, no namespace, no Linux. Layers are composed from indexes and blobs. */
export function assembleIsolation(store: Store, directory: () => Promise<HostPath>): Isolation {
  const copier = layerCopier({
    store,
    unpacked: () => undefined,
    directory: async () => {
      const fresh = await directory();
      await mkdir(fresh, { recursive: true });
      return fresh;
    },
  });
  return {
    name: 'assemble',
    traits: assembleTraits,
    // Nothing is ever unpacked: files that are copied are read from blobs.
    async missing(layers) {
      store.hold(layers.flatMap((layer) => [layer.diffId, layer.descriptor.digest]));
      const here = await Promise.all(layers.map((layer) => store.blobs.has(layer.descriptor.digest)));
      return layers.filter((_, at) => !here[at]);
    },
    prepare: async () => {},
    workspace: () => Promise.reject(noTree()),
    copy: copier.copy,
    sourcesDigest: copier.sourcesDigest,
    prune: async () => ({ bytes: 0, layers: 0 }),
    [Symbol.asyncDispose]: async () => {},
  };
}
