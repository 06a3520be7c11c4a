import { renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CacheRecord } from '../contract/record.ts';
import type { Store } from '../contract/store.ts';
import { allHeld } from './held.ts';
import { neededByImages } from './image-needs.ts';
import { prunableTrees, removeTrees } from './kept-trees.ts';
import { unsealed } from './sealed-json.ts';
import { storeFault } from './store-faults.ts';
import { namesIn, sweep } from './temp-files.ts';
import { readWhole } from './whole-files.ts';

/** What may stay. Without any of them everything goes that no image and no running build needs. */
export interface PruneOptions {
  /** Bytes the store may have afterwards: what was unused longest goes first. */
  readonly maxBytes?: number;
  /** Milliseconds without use. */
  readonly maxAge?: number;
  /** Bytes that `maxAge` does not go below. */
  readonly keepStorage?: number;
  /** Milliseconds since 1970; absent: the clock's. */
  readonly now?: () => number;
}

export interface PrunedFile {
  readonly kind: Kind;
  /** The digest, or the file's name. */
  readonly name: string;
  readonly bytes: number;
}

export interface PruneResult {
  readonly removed: readonly PrunedFile[];
  /** Bytes of `removed`. */
  readonly bytes: number;
  /** Bytes that stayed: blobs, indexes, records and contexts. */
  readonly kept: number;
}

type Kind = 'blob' | 'index' | 'record' | 'context' | 'damaged';

interface Candidate extends PrunedFile {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly used: number;
  /** No image and no running process needs it. */
  readonly isFree: boolean;
}

/**
 * Makes room. Unpacked layers and cache mounts belong to isolations, which prune them themselves; names of images, and
 * what they lead to, stay.
 */
export async function pruneStore(store: Store, options: PruneOptions = {}): Promise<PruneResult> {
  const { now = Date.now, maxBytes, maxAge, keepStorage = 0 } = options;
  sweep(join(store.root, 'tmp'), now());
  sweep(join(store.root, 'holds'), now());
  const held = allHeld(store.root);
  const needed = await neededByImages(store);
  const all = candidates(store, (name) => held.has(name) || needed.has(name));
  const oldestFirst = all.filter((it) => it.isFree).sort((a, b) => a.used - b.used || (a.path < b.path ? -1 : 1));
  const bounded = maxBytes !== undefined || maxAge !== undefined;
  let left = all.reduce((sum, it) => sum + it.bytes, 0);
  const removed: PrunedFile[] = [];
  const remove = (it: Candidate): void => {
    if (!takeAway(store, it)) return;
    left -= it.bytes;
    removed.push({ kind: it.kind, name: it.name, bytes: it.bytes });
  };
  for (const it of oldestFirst) {
    const isTooOld = maxAge !== undefined && it.used + maxAge < now() && left - it.bytes >= keepStorage;
    const isTooMuch = maxBytes !== undefined && left > maxBytes;
    if (!bounded ? left - it.bytes >= keepStorage : isTooOld || isTooMuch) remove(it);
  }
  for (const orphan of orphans(store)) remove(orphan);
  return { removed, bytes: removed.reduce((sum, it) => sum + it.bytes, 0), kept: left };
}

function candidates(store: Store, isNeeded: (name: string) => boolean): Candidate[] {
  const list = (kind: Kind, directory: string, nameOf: (file: string) => string): Candidate[] =>
    namesIn(join(store.root, directory)).flatMap((file) => {
      const path = join(store.root, directory, file);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (!stats?.isFile()) return [];
      const name = nameOf(file);
      return [{ kind, name, path, bytes: stats.size, used: stats.mtimeMs, isFree: !isNeeded(name) }];
    });
  return [
    ...list('blob', 'blobs/sha256', (hex) => `sha256:${hex}`),
    ...list('index', 'indexes', (hex) => `sha256:${hex}`),
    ...list('record', 'records', (file) => file),
    ...prunableTrees(store.root).map(({ folder, hold, ...it }): Candidate => {
      return { ...it, kind: 'context', name: basename(folder), path: folder, isFree: !isNeeded(hold) };
    }),
    ...list('damaged', 'damaged', (file) => file),
  ];
}

/** Records of layers that are neither here nor, as far as anyone knows, in a registry. */
function orphans(store: Store): Candidate[] {
  return candidates(store, () => false).filter((it) => {
    if (it.kind !== 'record') return false;
    const record = unsealed(readWhole(it.path)) as CacheRecord | undefined;
    if (!record) return true;
    const { descriptor, seenIn } = record.layer;
    return seenIn.length === 0 && !statSync(store.blobs.path(descriptor.digest), { throwIfNoEntry: false });
  });
}

/**
 * Holds come at any time: what is to go is renamed away first, and put back when by then somebody holds it. Whoever
 * holds before looking finds it again.
 */
function takeAway(store: Store, it: Candidate): boolean {
  if (it.kind === 'context') return removeTrees(store, it.path);
  const away = store.temp('pruned');
  try {
    renameSync(it.path, away);
    if (allHeld(store.root).has(it.name)) {
      renameSync(away, it.path);
      return false;
    }
    rmSync(away, { force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw storeFault(error, it.path);
  }
}

/** Bytes of blobs, indexes, records and contexts. */
export function storeSize(store: Store): number {
  return candidates(store, () => false).reduce((sum, it) => sum + it.bytes, 0);
}
