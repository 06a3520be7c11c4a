import type { BigIntStats } from 'node:fs';

/** Kinds of node; the numbers are what the column holds. */
export const kind = { file: 1, directory: 2, symlink: 3, fifo: 4, char: 5, block: 6 } as const;
export type Kind = (typeof kind)[keyof typeof kind];

/** A place in the table. The root is 0. */
export type Node = number;

/** What tells one content of a file from another without reading it. Nanoseconds since 1970. */
export interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/**
 * What lstat said of every path looked at, in columns: some fifty bytes a path and its name, where an object of its own
 * would take ten times that. The children of a directory stand side by side in byte order of their names.
 */
export interface NodeTable {
  readonly size: number;
  add(name: string, stats: BigIntStats): Node;
  name(node: Node): string;
  kind(node: Node): Kind;
  /** The low twelve bits. */
  mode(node: Node): number;
  stamp(node: Node): FileStamp;
  device(node: Node): bigint;
  hasOtherNames(node: Node): boolean;
  /** Marks a directory as read: its children are the last `count` nodes added. */
  adopt(directory: Node, first: Node, count: number): void;
  /** `undefined`: the directory was not read so far. */
  children(directory: Node): { readonly first: Node; readonly count: number } | undefined;
  child(directory: Node, name: string): Node | undefined;
  /** Seconds since 1970. */
  mtime(node: Node): number;
}

const unread = -1;
/** dev, ino, size, mtime, ctime */
const stampColumns = 5;

/** Whole numbers of one width for `room` nodes. */
function columns(room: number) {
  return {
    kinds: new Uint8Array(room),
    linked: new Uint8Array(room),
    modes: new Uint16Array(room),
    counts: new Int32Array(room),
    firsts: new Uint32Array(room),
    stamps: new BigInt64Array(room * stampColumns),
  };
}

function widened(from: ReturnType<typeof columns>): ReturnType<typeof columns> {
  const into = columns(from.kinds.length * 2);
  into.kinds.set(from.kinds);
  into.linked.set(from.linked);
  into.modes.set(from.modes);
  into.counts.set(from.counts);
  into.firsts.set(from.firsts);
  into.stamps.set(from.stamps);
  return into;
}

export function nodeTable(): NodeTable {
  const names: string[] = [];
  let it = columns(64);
  /** Few nodes are devices. */
  const devices = new Map<Node, bigint>();
  return {
    get size() {
      return names.length;
    },
    add(name, stats) {
      const node = names.length;
      if (node === it.kinds.length) it = widened(it);
      names.push(name);
      it.kinds[node] = kindOf(stats) ?? kind.file;
      it.linked[node] = stats.nlink > 1n ? 1 : 0;
      it.modes[node] = Number(stats.mode) & 0o7777;
      it.counts[node] = unread;
      const { dev, ino, size, mtimeNs, ctimeNs } = stats;
      it.stamps.set([dev, ino, size, mtimeNs, ctimeNs], node * stampColumns);
      if (stats.isCharacterDevice() || stats.isBlockDevice()) devices.set(node, stats.rdev);
      return node;
    },
    name: (node) => names[node]!,
    kind: (node) => it.kinds[node]! as Kind,
    mode: (node) => it.modes[node]!,
    stamp(node) {
      const at = node * stampColumns;
      const { stamps } = it;
      return {
        dev: stamps[at]!,
        ino: stamps[at + 1]!,
        size: stamps[at + 2]!,
        mtimeNs: stamps[at + 3]!,
        ctimeNs: stamps[at + 4]!,
      };
    },
    mtime: (node) => Number(floorDivide(it.stamps[node * stampColumns + 3]!, 1_000_000_000n)),
    device: (node) => devices.get(node)!,
    hasOtherNames: (node) => it.linked[node] === 1,
    adopt(directory, first, count) {
      it.firsts[directory] = first;
      it.counts[directory] = count;
    },
    children: (directory) =>
      it.counts[directory] === unread ? undefined : { first: it.firsts[directory]!, count: it.counts[directory]! },
    child: (directory, name) => search(names, name, it.firsts[directory]!, it.counts[directory]!),
  };
}

function search(names: readonly string[], name: string, first: Node, count: number): Node | undefined {
  let low = first;
  let high = first + count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low < first + count && names[low] === name ? low : undefined;
}

/** BigInt division cuts towards zero; times before 1970 are negative. */
const floorDivide = (value: bigint, by: bigint): bigint => value / by - (value % by < 0n ? 1n : 0n);

/** `undefined` for what no layer can hold: a socket. */
export function kindOf(stats: BigIntStats): Kind | undefined {
  if (stats.isFile()) return kind.file;
  if (stats.isDirectory()) return kind.directory;
  if (stats.isSymbolicLink()) return kind.symlink;
  if (stats.isFIFO()) return kind.fifo;
  if (stats.isCharacterDevice()) return kind.char;
  if (stats.isBlockDevice()) return kind.block;
  return undefined;
}
