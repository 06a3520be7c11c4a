import type { Isolation, Workspace, WorkspaceOpening } from '../contract/isolation.ts';
import type { Store } from '../contract/store.ts';
import type { WorkerLink } from './start-worker.ts';

/** An isolation whose work is done in a worker: the same calls, carried over the pipe. */
export function remoteIsolation(worker: WorkerLink, store: Store): Isolation {
  return {
    name: 'overlay',
    traits: worker.traits,
    async missing(layers) {
      store.hold(layers.flatMap((layer) => [layer.diffId, layer.descriptor.digest]));
      const absent = new Set(await worker.call('missing', [layers]));
      return layers.filter(({ diffId }) => absent.has(diffId));
    },
    prepare: (layer) => worker.call('prepare', [layer]),
    workspace: (opening) => remoteWorkspace(opening, worker, store),
    async copy(request) {
      const packed = await worker.call('copy', [request]);
      store.hold([packed.layer.diffId, packed.layer.descriptor.digest]);
      return packed;
    },
    sourcesDigest: (request) => worker.call('sourcesDigest', [request]),
    prune: (keep) => worker.call('prune', [keep]),
    async [Symbol.asyncDispose]() {
      await worker.call('close', []).catch(() => {});
      await worker.end();
    },
  };
}

async function remoteWorkspace(opening: WorkspaceOpening, worker: WorkerLink, store: Store): Promise<Workspace> {
  store.hold(opening.layers.map(({ diffId }) => diffId));
  const number = await worker.call('open', [opening]);
  return {
    run: (job, onOutput, signal) =>
      worker.call('run', [number, job, onOutput === 'inherit'], {
        signal,
        ...(onOutput !== 'inherit' && { onOutput }),
      }),
    changes: () => worker.call('changes', [number]),
    async commit(options) {
      const packed = await worker.call('commit', [number, options]);
      store.hold([packed.layer.diffId, packed.layer.descriptor.digest]);
      return packed;
    },
    put: (layer) => worker.call('put', [number, layer]),
    async collect(request) {
      const collected = await worker.call('collect', [number, request]);
      store.hold([collected.layer.diffId, collected.layer.descriptor.digest]);
      return collected;
    },
    async [Symbol.asyncDispose]() {
      // A worker that is gone has let go of everything.
      await worker.call('dispose', [number]).catch(() => {});
    },
  };
}
