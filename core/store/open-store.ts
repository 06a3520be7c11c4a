import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { Store } from '../contract/store.ts';
import { blobStore } from './blob-store.ts';
import { holder } from './held.ts';
import { imageStore } from './image-store.ts';
import { indexStore } from './index-store.ts';
import { keptTrees, treesFolder } from './kept-trees.ts';
import { ownMark } from './process-mark.ts';
import { recordStore } from './record-store.ts';
import { onDiskNow } from './store-faults.ts';
import { sweep, tempPaths } from './temp-files.ts';
import type { StoreFiles } from './whole-files.ts';

const parts = ['blobs/sha256', 'indexes', 'records', 'images', treesFolder, 'tmp', 'holds'];

export interface OpenStoreOptions {
  /** Milliseconds since 1970; absent: the clock's. */
  readonly now?: () => number;
}

/**
 * Opens the store at a directory, made where it is missing. What processes that have ended left half-written goes.
 * Any number of processes may have it open.
 */
export async function openStore(root: HostPath, { now = Date.now }: OpenStoreOptions = {}): Promise<Store> {
  // Images may be private: nobody else needs to look in.
  makeRoot(root);
  for (const part of parts) onDiskNow(join(root, part), () => mkdirSync(join(root, part), { recursive: true }));
  sweep(join(root, 'tmp'), now());
  sweep(join(root, 'holds'), now());
  const mark = ownMark();
  const temp = tempPaths(root, mark);
  const files: StoreFiles = { root, temp, now };
  const hold = holder(root, mark);
  return {
    root,
    temp,
    hold,
    blobs: blobStore(files),
    indexes: indexStore(files),
    records: recordStore(files),
    images: imageStore(files),
    trees: keptTrees(files, hold),
  };
}

function makeRoot(root: HostPath): void {
  try {
    onDiskNow(root, () => makeFolders(root));
  } catch (error) {
    // Said below /proc, and where a file or a link that leads nowhere stands in the place of a folder.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
    throw problem('STORE_NOT_WRITABLE', { path: root, reason: 'it cannot be made there' }, {}, { cause: error });
  }
}

/** One by one: where folders cannot be made, as below /proc, Node's recursive mkdir tries for ever. */
function makeFolders(path: string): void {
  if (!existsSync(dirname(path))) makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
