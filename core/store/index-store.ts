import { join } from 'node:path';
import type { DiffId } from '../base/brand.ts';
import { hexOf } from '../base/digest.ts';
import { BuildError } from '../base/errors.ts';
import type { LayerIndex } from '../archive/entry.ts';
import { openIndex } from '../archive/layer-index.ts';
import type { IndexStore } from '../contract/store.ts';
import { noteUse, putAside, readWhole, writeWhole, type StoreFiles } from './whole-files.ts';

/** Layer indexes by diff id: `indexes/<hex>`. They stay when the blob is pruned. */
export function indexStore(files: StoreFiles): IndexStore {
  const path = (diffId: DiffId): string => join(files.root, 'indexes', hexOf(diffId));
  /** An index that somebody still uses is not read again. */
  const opened = new Map<DiffId, WeakRef<LayerIndex>>();
  return {
    async get(diffId) {
      const known = opened.get(diffId)?.deref();
      if (known) return known;
      const bytes = readWhole(path(diffId));
      if (!bytes) return undefined;
      try {
        const index = openIndex(bytes);
        opened.set(diffId, new WeakRef(index));
        noteUse(files, path(diffId));
        return index;
      } catch (error) {
        if (!BuildError.is(error)) throw error;
        // It is made anew from its layer.
        putAside(files, path(diffId));
        return undefined;
      }
    },
    async put(diffId, index) {
      writeWhole(files, path(diffId), index);
    },
  };
}
