import type { Bytes, Digest, ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { ancestorsOf, rootPath } from '../base/image-path.ts';
import type { Entry, PackEntry } from '../archive/entry.ts';
import type { PathPatterns } from './path-patterns.ts';
import { digestSelection } from './selection-digest.ts';
import type { SourceTree } from './source-tree.ts';

/** What patterns choose of a tree, in byte order; nothing below a link is looked at. */
export interface FoundFiles {
  readonly entries: readonly Entry[];
  /** Patterns that name nothing that is there, as written. */
  readonly unmatched: readonly string[];
}

export function findFiles(tree: SourceTree, patterns: PathPatterns, except?: PathPatterns): FoundFiles {
  const entries: Entry[] = [];
  const used = new Set<number>();
  const walk = (directory: ImagePath): void => {
    for (const entry of tree.children(directory)) {
      const { path } = entry;
      if (patterns.matches(path) && except?.matches(path) !== true) {
        entries.push(entry);
        for (const number of patterns.naming(path)) used.add(number);
      }
      if (entry.type === 'directory' && patterns.reaches(path) && except?.covers(path) !== true) walk(path);
    }
  };
  walk(rootPath);
  return { entries, unmatched: patterns.wanted.filter((_, number) => !used.has(number)) };
}

/**
 * One digest over names, kinds and content of files: the same on machines with another umask, so of modes only what
 * makes a file a program counts, and no directory counts by itself.
 */
export async function digestFiles(tree: SourceTree, entries: readonly Entry[]): Promise<Digest> {
  const alone: SourceTree = { ...tree, linkId: () => undefined };
  const items = entries
    .filter(({ type }) => type !== 'directory')
    .map((entry) => ({ from: alone, path: entry.path, name: entry.path.slice(1) as Bytes, entry: plainly(entry) }));
  return digestSelection({ items });
}

function plainly(entry: Entry): Entry {
  const { xattrs: _, ...plain } = entry;
  return { ...plain, mode: entry.mode & 0o111 ? 0o755 : 0o644 };
}

/** The files as entries of a layer, with the directories above them, hashes included. */
export async function* filesToPack(tree: SourceTree, entries: readonly Entry[]): AsyncGenerator<PackEntry> {
  const packed = new Set<ImagePath>();
  for (const entry of entries) {
    for (const above of [...ancestorsOf(entry.path), entry.path]) {
      if (packed.has(above)) continue;
      packed.add(above);
      const it = above === entry.path ? entry : tree.lookup(above)!;
      yield it.type === 'file' ? { ...it, hash: await tree.hash(it), content: tree.content(it) } : packable(it);
      if (it.type === 'file') tree.confirm?.(it);
    }
  }
}

function packable(entry: Entry): Exclude<PackEntry, { readonly type: 'file' }> {
  if (entry.type === 'directory' || entry.type === 'symlink') return entry;
  throw problem('PREBUILD_OUTPUT_UNUSABLE', { path: toUtf8(entry.path.slice(1)), kind: entry.type });
}
