import { createHash, type Hash } from 'node:crypto';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Digest, ImagePath } from '../base/brand.ts';
import { rootPath } from '../base/image-path.ts';
import type { Entry, FileEntry } from '../archive/entry.ts';
import type { SelectedItem, Selection } from './select-sources.ts';
import type { SourceTree } from './source-tree.ts';

/** How the content of a file is hashed; at once, or in the background. */
export type HashFile = (tree: SourceTree, file: FileEntry) => Digest | Promise<Digest>;

/** Entries ahead of the oldest whose hash is still being made. */
const window = 1024;
/** Milliseconds without letting anything else run. */
const longestTurn = 10;

/**
 * What a COPY or ADD reads, as one digest: the content key of the step. Names, types, modes, owners, sizes, link targets,
 * devices, attributes and content go in; times do not, nor does what a named directory is itself like, since it lends
 * nothing to the copy.
 */
export async function digestSelection(
  selection: Selection,
  hashFile: HashFile = (tree, file) => tree.hash(file),
): Promise<Digest> {
  const running = createHash('sha256').update('strake selection 1\n');
  const queue = hashQueue(running);
  let turnEnds = performance.now() + longestTurn;
  for (const item of selection.items) {
    for (const { name, entry, link } of entriesOf(item)) {
      const line = lineOf(name, entry, link);
      queue.add(line, entry.type === 'file' ? hashFile(item.from, entry) : '');
      if (queue.length > window) await queue.shift();
      if (performance.now() < turnEnds) continue;
      await letOthersRun();
      turnEnds = performance.now() + longestTurn;
    }
  }
  while (queue.length > 0) await queue.shift();
  return `sha256:${running.digest('hex')}` as Digest;
}

/** Lines whose hashes are not there yet hold back those behind them. */
function hashQueue(running: Hash) {
  const lines: { readonly line: string; readonly hash: string | Promise<string> }[] = [];
  return {
    get length() {
      return lines.length;
    },
    add(line: string, hash: string | Promise<string>): void {
      if (typeof hash === 'string' && lines.length === 0) {
        running.update(`${line}${hash}\n`, 'latin1');
        return;
      }
      // A failure is met when its turn comes, and must not count as unhandled until then.
      if (typeof hash !== 'string') hash.catch(() => {});
      lines.push({ line, hash });
    },
    async shift(): Promise<void> {
      const { line, hash } = lines.shift()!;
      running.update(`${line}${await hash}\n`, 'latin1');
    },
  };
}

interface Named {
  /** From the item on. */
  readonly name: string;
  readonly entry: Entry;
  /** Of a file's further names: its first one. */
  readonly link?: string;
}

function* entriesOf({ from, path, name, entry }: SelectedItem): Iterable<Named> {
  const firstNames = new Map<string, string>();
  const named = (at: string, it: Entry): Named => {
    const id = it.type === 'file' ? from.linkId(it) : undefined;
    if (id === undefined) return { name: at, entry: it };
    const link = firstNames.get(id);
    if (link !== undefined) return { name: at, entry: it, link };
    firstNames.set(id, at);
    return { name: at, entry: it };
  };
  function* below(directory: ImagePath): Iterable<Named> {
    for (const child of from.children(directory)) {
      yield named(child.path.slice(path === rootPath ? 0 : path.length), child);
      if (child.type === 'directory') yield* below(child.path);
    }
  }
  if (entry.type === 'directory') {
    yield { name: '', entry: { type: 'directory', path, mode: 0, uid: 0, gid: 0, mtime: 0 } };
    yield* below(path);
  } else yield named(name, entry);
}

/** Fields end with a NUL, which no name holds; their number is always the same. */
function lineOf(name: string, entry: Entry, link = ''): string {
  const own =
    entry.type === 'file'
      ? entry.size
      : entry.type === 'symlink'
        ? entry.target
        : entry.type === 'char' || entry.type === 'block'
          ? `${entry.major}:${entry.minor}`
          : '';
  const xattrs = [...(entry.xattrs ?? [])]
    .map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`)
    .sort()
    .join('\x01');
  return `${[entry.type, name, entry.mode.toString(8), entry.uid, entry.gid, own, link, xattrs].join('\0')}\0`;
}
