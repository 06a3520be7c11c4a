import type { CollectedFiles, CollectRequest, FolderView } from '../contract/isolation.ts';
import type { Store } from '../contract/store.ts';
import { packLayer } from '../archive/pack-layer.ts';
import type { HostPath } from '../base/brand.ts';
import type { LaunchFolder } from '../isolation/overlay/launch.ts';
import type { Bookkeeping } from '../isolation/overlay/marks.ts';
import { mountOverlay, type OverlayParts } from '../isolation/overlay/mount-overlay.ts';
import { openFileHashes } from '../rootfs/file-hashes.ts';
import { filesToPack, findFiles } from '../rootfs/find-files.ts';
import { hostTree } from '../rootfs/host-tree.ts';
import { pathPatterns } from '../rootfs/path-patterns.ts';
import { storeLayer } from '../steps/store-layer.ts';
import type { Sys } from '../sys/sys.ts';
import type { WorkArea } from './work-area.ts';

/** Mounts in the worker's own namespace: nobody else sees them, and they go with it. */
export interface FolderMounts {
  mount(parts: Omit<OverlayParts, 'bookkeeping'>): void;
  detach(target: HostPath): void;
}

export const folderMounts = (sys: Sys, bookkeeping: Bookkeeping): FolderMounts => ({
  mount(parts) {
    mountOverlay(sys, { ...parts, bookkeeping });
    // Where the kernel is old, paths had to be given from another directory.
    sys.namespaces.changeDirectory('/');
  },
  detach: (target) => sys.mounts.detach(target),
});

export interface OpenFolder {
  /** For one command: what an earlier one changed is there. */
  launch(): LaunchFolder;
  collect(request: CollectRequest): Promise<CollectedFiles>;
}

/** What commands write goes to a directory of the work area; nobody touches the folder itself. */
export function openFolder(
  { at, lowers }: FolderView,
  { area, store, views }: { readonly area: WorkArea; readonly store: Store; readonly views: FolderMounts },
): OpenFolder {
  const upper = area.directory('folder');
  return {
    launch: () => ({ at, lowers, upper, work: area.directory('work') }),
    async collect({ patterns, base, compression }) {
      const target = area.directory('view');
      views.mount({ lowers, upper, work: area.directory('work'), target });
      try {
        const hashes = openFileHashes({ now: () => Date.now() });
        const tree = hostTree({ root: target, label: 'the folder', hashes });
        const { entries, unmatched } = findFiles(tree, pathPatterns(patterns, base));
        const layer = await storeLayer(store, (write) => packLayer(filesToPack(tree, entries), { compression, write }));
        return { layer, unmatched };
      } finally {
        views.detach(target);
      }
    },
  };
}
