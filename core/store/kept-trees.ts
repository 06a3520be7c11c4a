import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPath, type Digest, type HostPath } from '../base/brand.ts';
import type { Json } from '../base/canonical-json.ts';
import type { KeptTree, KeptTrees } from '../contract/store.ts';
import { allHeld } from './held.ts';
import { sealed, unsealed } from './sealed-json.ts';
import { isMissing, onDisk, onDiskNow } from './store-faults.ts';
import { namesIn } from './temp-files.ts';
import { noteUse, readWhole, writeWhole, type StoreFiles } from './whole-files.ts';

/**
 * `contexts/<key>/` holds `facts`, which name the tree that counts, and trees: that one, and older ones that processes
 * still read. A tree is held by its name as if that were a digest.
 */
interface Facts {
  readonly tree: string;
  readonly bytes: number;
  readonly facts: Json;
}

export const treesFolder = 'contexts';
const factsFile = 'facts';

const holdName = (tree: string): Digest => `sha256:${tree}` as Digest;

export function keptTrees(files: StoreFiles, hold: (names: readonly Digest[]) => void): KeptTrees {
  const folderOf = (key: string): string =>
    join(files.root, treesFolder, createHash('sha256').update(key).digest('hex'));

  return {
    async find(key) {
      const folder = folderOf(key);
      const known = readFacts(folder);
      if (!known) return undefined;
      // Whoever holds before looking finds it again, as prune looks for holds after taking things away.
      hold([holdName(known.tree)]);
      const root = join(folder, known.tree);
      if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return undefined;
      noteUse(files, join(folder, factsFile));
      return { root: hostPath(root), facts: known.facts };
    },
    async begin(key) {
      const folder = folderOf(key);
      const root = files.temp('context');
      onDiskNow(root, () => mkdirSync(root));
      return {
        root,
        keep: (facts, bytes) => onDisk(folder, () => putInPlace(files, folder, root, { facts, bytes }, hold)),
        abandon: () => rm(root, { recursive: true, force: true }),
      };
    },
  };
}

async function putInPlace(
  files: StoreFiles,
  folder: string,
  made: HostPath,
  known: Omit<Facts, 'tree'>,
  hold: (names: readonly Digest[]) => void,
): Promise<KeptTree> {
  const tree = randomBytes(32).toString('hex');
  hold([holdName(tree)]);
  mkdirSync(folder, { recursive: true });
  const root = hostPath(join(folder, tree));
  renameSync(made, root);
  writeWhole(files, join(folder, factsFile), sealed({ ...known, tree }));
  for (const away of takeOthersAway(files, folder, tree)) await rm(away, { recursive: true, force: true });
  return { root, facts: known.facts };
}

function readFacts(folder: string): Facts | undefined {
  return unsealed(readWhole(join(folder, factsFile))) as Facts | undefined;
}

/** Trees of a key that nobody reads any more go; where they are until they are deleted is returned. */
function takeOthersAway(files: Pick<StoreFiles, 'root' | 'temp'>, folder: string, current?: string): string[] {
  const trees = namesIn(folder).filter((name) => /^[0-9a-f]{64}$/.test(name) && name !== current);
  return trees.flatMap((name) => takeAway(files, folder, name) ?? []);
}

/** Renamed away first, and put back when by then somebody holds it. */
function takeAway(files: Pick<StoreFiles, 'root' | 'temp'>, folder: string, name: string): string | undefined {
  const isHeld = (): boolean => allHeld(files.root).has(holdName(name));
  if (isHeld()) return undefined;
  const away = files.temp('context');
  try {
    renameSync(join(folder, name), away);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  if (!isHeld()) return away;
  renameSync(away, join(folder, name));
  return undefined;
}

/** What is kept under one key, for prune to choose from. */
export interface PrunableTrees {
  readonly folder: string;
  /** Of the tree that counts. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly used: number;
  /** The hold of the tree that counts. */
  readonly hold: string;
}

export function prunableTrees(root: HostPath): PrunableTrees[] {
  return namesIn(join(root, treesFolder)).map((name) => {
    const folder = join(root, treesFolder, name);
    const known = readFacts(folder);
    const used = statSync(join(folder, factsFile), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return { folder, bytes: known?.bytes ?? 0, used, hold: holdName(known?.tree ?? '') };
  });
}

/** Removes what is kept under one key; false where somebody reads it. */
export function removeTrees(files: Pick<StoreFiles, 'root' | 'temp'>, folder: string): boolean {
  for (const away of takeOthersAway(files, folder)) rmSync(away, { recursive: true, force: true });
  if (namesIn(folder).some((name) => name !== factsFile)) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}
