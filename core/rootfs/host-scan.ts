import { lstatSync, type BigIntStats } from 'node:fs';
import type { ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { childOf, componentsOf, parentOf, rootPath } from '../base/image-path.ts';
import type { IgnoreMatcher } from '../dockerfile/ignore.ts';
import type { FsPath } from './host-path.ts';
import { kind, kindOf, type Node, type NodeTable } from './host-nodes.ts';
import type { TreePlaces } from './tree-places.ts';

export interface Scanner {
  /** The node of a path that is there and not left out. */
  find(path: ImagePath): Node | undefined;
  /** What is in a directory, in byte order of the names. */
  children(directory: Node, path: ImagePath): Iterable<readonly [node: Node, path: ImagePath]>;
  stat(path: ImagePath): BigIntStats | undefined;
}

/** Reads directories of the host when they are first asked for, and each once. */
export function scanner(
  table: NodeTable,
  places: TreePlaces,
  where: string,
  ignore: IgnoreMatcher | undefined,
): Scanner {
  /** Directories that the rules exclude and that were walked all the same, and whether anything was found in them. */
  const excluded = new Map<Node, boolean | undefined>();
  const stat = (path: ImagePath): BigIntStats | undefined => statOf(places.at(path), path, where);
  const read = directoryReader(table, (path) => namesIn(places, path, where), stat, ignore, excluded);
  /** Most questions are about siblings. */
  let recent: { readonly path: ImagePath; readonly node: Node | undefined } = { path: rootPath, node: 0 };

  /** Directories that the rules exclude show when something below them is brought back. */
  const isVisible = (node: Node, path: ImagePath): boolean => {
    if (!excluded.has(node)) return true;
    const known = excluded.get(node);
    if (known !== undefined) return known;
    let found = false;
    for (const _ of children(node, path)) found = true;
    excluded.set(node, found);
    return found;
  };

  function* children(directory: Node, path: ImagePath): Iterable<readonly [Node, ImagePath]> {
    if (table.kind(directory) !== kind.directory) return;
    read(directory, path);
    const { first, count } = table.children(directory)!;
    for (let node = first; node < first + count; node++) {
      const child = childOf(path, table.name(node));
      if (isVisible(node, child)) yield [node, child];
    }
  }

  const childAt = (directory: Node, path: ImagePath, name: string): Node | undefined => {
    if (table.kind(directory) !== kind.directory) return undefined;
    read(directory, path);
    const node = table.child(directory, name);
    return node !== undefined && isVisible(node, childOf(path, name)) ? node : undefined;
  };

  const find = (path: ImagePath): Node | undefined => {
    if (path === rootPath) return 0;
    const parent = parentOf(path);
    if (parent !== recent.path) recent = { path: parent, node: descend(parent) };
    return recent.node === undefined ? undefined : childAt(recent.node, parent, path.slice(path.lastIndexOf('/') + 1));
  };
  const descend = (path: ImagePath): Node | undefined => {
    let node: Node | undefined = 0;
    let at = rootPath;
    for (const name of componentsOf(path)) {
      node = childAt(node, at, name);
      if (node === undefined) return undefined;
      at = childOf(at, name);
    }
    return node;
  };
  return { find, children, stat };
}

/** Makes the children of a directory known, but for those that are left out. */
function directoryReader(
  table: NodeTable,
  namesAt: (path: ImagePath) => readonly string[],
  stat: (path: ImagePath) => BigIntStats | undefined,
  ignore: IgnoreMatcher | undefined,
  excluded: Map<Node, boolean | undefined>,
): (directory: Node, path: ImagePath) => void {
  return (directory, path) => {
    if (table.children(directory)) return;
    const first = table.size;
    for (const name of namesAt(path)) {
      const child = childOf(path, name);
      const isIgnored = ignore !== undefined && ignore.ignores(child.slice(1));
      if (isIgnored && !ignore.mayHoldIncluded(child.slice(1))) continue;
      // What is gone by now was never there; sockets have no place in a layer.
      const stats = stat(child);
      if (!stats || kindOf(stats) === undefined || (isIgnored && !stats.isDirectory())) continue;
      const node = table.add(name, stats);
      if (isIgnored) excluded.set(node, undefined);
    }
    table.adopt(directory, first, table.size - first);
  };
}

function namesIn(places: TreePlaces, path: ImagePath, where: string): string[] {
  try {
    return places.names(path).toSorted();
  } catch (error) {
    throw unreadable(path, where, error);
  }
}

/** What lstat says; `undefined` where nothing is. */
function statOf(host: FsPath, path: ImagePath, where: string): BigIntStats | undefined {
  try {
    return lstatSync(host, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw unreadable(path, where, error);
  }
}

const unreadable = (path: ImagePath, where: string, error: unknown) =>
  problem(
    'SOURCE_UNREADABLE',
    { path: toUtf8(path.slice(1)) || '.', where, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
    {},
    { cause: error },
  );
