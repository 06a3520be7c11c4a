import { lstatSync, readdirSync } from 'node:fs';
import type { DiffId } from '../base/brand.ts';
import type { Isolation, IsolationTraits, WorkspaceOpening } from '../contract/isolation.ts';
import { layerCopier } from './copy-layers.ts';
import { localLayers, type LocalLayersOptions } from './local-layers.ts';
import { localWorkspace, type LocalWorkspace, type WorkspaceGear } from './local-workspace.ts';
import type { UnpackPool } from './unpack-pool.ts';

export interface LocalIsolation extends Omit<Isolation, 'workspace'> {
  workspace(opening: WorkspaceOpening): Promise<LocalWorkspace>;
}

export interface LocalIsolationOptions extends LocalLayersOptions, Omit<WorkspaceGear, 'layers'> {
  readonly traits: IsolationTraits;
  readonly unpacking: UnpackPool;
  /** Unmounts what lies in the work area. */
  readonly release: () => void;
}

/** The isolation where the files are: what the worker does when it is asked. */
export function localIsolation(options: LocalIsolationOptions): LocalIsolation {
  const { store, shelf, area } = options;
  const layers = localLayers(options);
  const inUse = new Set<DiffId>();
  const copier = layerCopier({
    store,
    unpacked: (diffId) => shelf.find(diffId)?.directory,
    directory: async () => area.directory('copy'),
  });
  return {
    name: 'overlay',
    traits: options.traits,
    missing: (wanted) => layers.missing(wanted),
    async prepare(layer) {
      await layers.ready(layer);
    },
    async workspace(opening) {
      for (const { diffId } of opening.layers) inUse.add(diffId);
      store.hold(opening.layers.map(({ diffId }) => diffId));
      const ready = await Promise.all(opening.layers.map((layer) => layers.ready(layer)));
      return localWorkspace(ready, { ...options, layers }, opening.folder);
    },
    copy: copier.copy,
    sourcesDigest: copier.sourcesDigest,
    async prune(keep) {
      const kept = new Set([...keep, ...inUse]);
      const removed = shelf.keepOnly((diffId) => kept.has(diffId));
      const bytes = removed.reduce((sum, directory) => sum + diskUse(Buffer.from(directory)), 0);
      area.empty();
      return { bytes, layers: removed.length };
    },
    async [Symbol.asyncDispose]() {
      await options.runner.close();
      await options.unpacking.close();
      options.release();
      area.remove();
    },
  };
}

const slash = Buffer.from('/');

/** Bytes on the disk; files of several names count once for each. */
function diskUse(path: Buffer): number {
  const stats = lstatSync(path);
  const own = stats.blocks * 512;
  if (!stats.isDirectory()) return own;
  return readdirSync(path, 'buffer').reduce((sum, name) => sum + diskUse(Buffer.concat([path, slash, name])), own);
}
