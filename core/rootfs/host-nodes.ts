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
/** Bits of the flags column. */
const linked = 1;
/** dev, ino, size, mtime, ctime */
const stampColumns = 5;

export function nodeTable(): NodeTable {
  const names: string[] = [];
  let kinds = new Uint8Array(64);
  let flags = new Uint8Array(64);
  let modes = new Uint16Array(64);
  let counts = new Int32Array(64);
  let firsts = new Uint32Array(64);
  let stamps = new BigInt64Array(64 * stampColumns);
  /** Few nodes are devices. */
  const devices = new Map<Node, bigint>();

  const grow = (): void => {
    const room = kinds.length * 2;
    kinds = widened(kinds, new Uint8Array(room));
    flags = widened(flags, new Uint8Array(room));
    modes = widened(modes, new Uint16Array(room));
    counts = widened(counts, new Int32Array(room));
    firsts = widened(firsts, new Uint32Array(room));
    stamps = widened(stamps, new BigInt64Array(room * stampColumns));
  };

  const child = (directory: Node, name: string): Node | undefined => {
    let low = firsts[directory]!;
    let high = low + counts[directory]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low < firsts[directory]! + counts[directory]! && names[low] === name ? low : undefined;
  };

  return {
    get size() {
      return names.length;
    },
    add(name, stats) {
      const node = names.length;
      if (node === kinds.length) grow();
      names.push(name);
      kinds[node] = kindOf(stats) ?? kind.file;
      flags[node] = stats.nlink > 1n ? linked : 0;
      modes[node] = Number(stats.mode) & 0o7777;
      counts[node] = unread;
      stamps.set([stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs], node * stampColumns);
      if (stats.isCharacterDevice() || stats.isBlockDevice()) devices.set(node, stats.rdev);
      return node;
    },
    name: (node) => names[node]!,
    kind: (node) => kinds[node]! as Kind,
    mode: (node) => modes[node]!,
    stamp(node) {
      const at = node * stampColumns;
      const [dev, ino, size, mtimeNs, ctimeNs] = stamps.subarray(at, at + stampColumns) as unknown as Stamp;
      return { dev, ino, size, mtimeNs, ctimeNs };
    },
    mtime: (node) => Math.floor(Number(stamps[node * stampColumns + 3]! / 1_000_000n) / 1000),
    device: (node) => devices.get(node)!,
    hasOtherNames: (node) => (flags[node]! & linked) !== 0,
    adopt(directory, first, count) {
      firsts[directory] = first;
      counts[directory] = count;
    },
    children: (directory) =>
      counts[directory] === unread ? undefined : { first: firsts[directory]!, count: counts[directory]! },
    child,
  };
}

type Stamp = readonly [bigint, bigint, bigint, bigint, bigint];

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

function widened<T extends Uint8Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array>(from: T, into: T): T {
  (into as Uint8Array).set(from as Uint8Array);
  return into;
}
