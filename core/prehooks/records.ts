import {
  chmodSync,
  closeSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { toBuffer, toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { parentOf, rootPath } from '../base/image-path.ts';
import { decompressed } from '../archive/decompress.ts';
import type { Compression, Entry, LayerIndex, PackEntry } from '../archive/entry.ts';
import { tarEntries } from '../archive/tar-entries.ts';
import type { Layer } from '../contract/model.ts';
import type { KeptTree } from '../contract/store.ts';
import type { Workshop } from '../contract/workshop.ts';
import { findFiles } from '../rootfs/find-files.ts';
import type { PathPatterns } from '../rootfs/path-patterns.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';

/** Outputs are packed for caches, where all that counts is time. */
export const outputCompression: Compression = { type: 'zstd' };

/** Does the folder hold exactly what was recorded, as far as a build can tell? */
export async function isInFolder(index: LayerIndex, tree: SourceTree, outputs: PathPatterns): Promise<boolean> {
  const recorded = [...index.walk()].filter((entry) => outputs.matches(entry.path)) as Entry[];
  const { entries } = findFiles(tree, outputs);
  if (entries.length !== recorded.length) return false;
  for (const entry of recorded) {
    const there = tree.lookup(entry.path);
    if (!there || !(await isSame(entry, there, tree))) return false;
  }
  return true;
}

async function isSame(recorded: Entry, there: Entry, tree: SourceTree): Promise<boolean> {
  if (recorded.type === 'symlink') return there.type === 'symlink' && there.target === recorded.target;
  if (recorded.type !== there.type || recorded.mode !== there.mode) return false;
  if (recorded.type !== 'file' || there.type !== 'file') return true;
  return recorded.size === there.size && recorded.hash !== undefined && recorded.hash === (await tree.hash(there));
}

/** The recorded files as a directory of the store, unpacked once. */
export async function recordedTree(layer: Layer, { store, blobs }: Workshop): Promise<KeptTree> {
  const key = `prebuild ${layer.diffId}`;
  const known = await store.trees.find(key);
  if (known) return known;
  await blobs.fetch(layer);
  const draft = await store.trees.begin(key);
  try {
    const bytes = await unpackRecorded(tarEntries(decompressed(blobs.open(layer)), { layer: true }), draft.root);
    return await draft.keep({}, bytes);
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

/**
 * Files, directories and links that were packed by us, but come from a cache that others may write to: a parent is a
 * directory that was made here or the entry is refused, so that nothing is reached through a link.
 */
async function unpackRecorded(entries: AsyncIterable<PackEntry>, root: HostPath): Promise<number> {
  const made = new Map<ImagePath, Entry | undefined>([[rootPath, undefined]]);
  const start = Buffer.from(root);
  const at = (path: ImagePath): Buffer => Buffer.concat([start, toBuffer(path)]);
  let bytes = 0;
  for await (const entry of entries) {
    const { path } = entry;
    if (path === rootPath && entry.type === 'directory') continue;
    if (!made.has(parentOf(path)) || lstatSync(at(path), { throwIfNoEntry: false })) throw impossible(path);
    if (entry.type === 'directory') {
      mkdirSync(at(path), { mode: 0o700 });
      made.set(path, entry);
    } else if (entry.type === 'symlink') {
      symlinkSync(toBuffer(entry.target), at(path));
      lutimesSync(at(path), entry.mtime, entry.mtime);
    } else if (entry.type === 'file') {
      await writeFile(at(path), entry);
      bytes += entry.size;
    } else throw impossible(path);
  }
  for (const [path, entry] of [...made].reverse()) {
    if (!entry || entry.type !== 'directory') continue;
    chmodSync(at(path), entry.mode);
    utimesSync(at(path), entry.mtime, entry.mtime);
  }
  return bytes;
}

const impossible = (path: ImagePath) =>
  problem('LAYER_ENTRY_IMPOSSIBLE', { path: toUtf8(path), reason: 'no prehook leaves such a thing behind' });

async function writeFile(path: Buffer, { content, mode, mtime }: PackEntry & { readonly type: 'file' }): Promise<void> {
  const fd = openSync(path, 'wx', 0o600);
  try {
    if (content.from === 'stream') for await (const chunk of content.open()) writeSync(fd, chunk);
  } finally {
    closeSync(fd);
  }
  chmodSync(path, mode);
  utimesSync(path, mtime, mtime);
}
