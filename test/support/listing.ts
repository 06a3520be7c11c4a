/** A stack of layers as one file tree, by the rules of the OCI image format; written as lines of text. */
import { printable } from './bytes.ts';
import type { TarEntry, TarType } from './raw-tar.ts';

export interface ListingEntry {
  /** Without a slash at either end, one character per byte. */
  readonly path: string;
  /** `hardlink` for all names of a file but the first, in order of paths; `link` is then the first. */
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly sha256: string;
  readonly link: string;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: Readonly<Record<string, string>>;
}

interface Node {
  /** Names of one file share it. */
  entry: TarEntry;
  readonly children: Map<string, Node>;
}

const implied: TarEntry = {
  path: '',
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  uname: '',
  gname: '',
  size: 0,
  mtime: 0,
  link: '',
  major: 0,
  minor: 0,
  xattrs: {},
  pax: {},
  sha256: '',
};

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** The tree that the layers make, sorted by path. */
export function flatten(layers: readonly (readonly TarEntry[])[]): ListingEntry[] {
  const root: Node = { entry: implied, children: new Map() };
  for (const layer of layers) {
    // Whiteouts speak of the layers below, wherever they stand in their own.
    for (const entry of layer) applyWhiteout(root, entry);
    for (const entry of layer) if (whiteoutName(entry) === undefined) add(root, entry);
  }
  const firstNames = new Map<TarEntry, string>();
  return [...walk(root, '')].map(([path, node]) => asListed(path, node.entry, firstNames));
}

function whiteoutName(entry: TarEntry): string | undefined {
  const name = parts(entry.path).at(-1) ?? '';
  return name.startsWith('.wh.') ? name.slice('.wh.'.length) : undefined;
}

function applyWhiteout(root: Node, entry: TarEntry): void {
  const name = whiteoutName(entry);
  if (name === undefined) return;
  const parent = find(root, parts(entry.path).slice(0, -1), false);
  if (name === '.wh..opq') parent?.children.clear();
  else parent?.children.delete(name);
}

function add(root: Node, entry: TarEntry): void {
  const names = parts(entry.path);
  const name = names.pop();
  if (name === undefined) {
    root.entry = entry;
    return;
  }
  const parent = find(root, names, true)!;
  if (entry.type === 'hardlink') {
    const target = parts(entry.link);
    const first = find(root, target.slice(0, -1), false)?.children.get(target.at(-1) ?? '');
    if (first === undefined) throw new Error(`${printable(entry.path)} is a hard link to nothing`);
    parent.children.set(name, { entry: first.entry, children: new Map() });
    return;
  }
  const before = parent.children.get(name);
  const keeps = entry.type === 'directory' && before?.entry.type === 'directory';
  parent.children.set(name, { entry, children: keeps ? before.children : new Map() });
}

/** The directory at a path, through links as a process in that root would see it. */
function find(root: Node, names: readonly string[], make: boolean): Node | undefined {
  const rest = [...names];
  const way: Node[] = [root];
  for (let steps = 0; rest.length > 0; steps += 1) {
    if (steps > 1000) throw new Error(`links without an end at ${names.join('/')}`);
    const name = rest.shift()!;
    const here = way.at(-1)!;
    if (name === '..') {
      if (way.length > 1) way.pop();
      continue;
    }
    let next = here.children.get(name);
    if (next?.entry.type === 'symlink') {
      if (next.entry.link.startsWith('/')) way.length = 1;
      rest.unshift(...parts(next.entry.link));
      continue;
    }
    if (next === undefined || next.entry.type !== 'directory') {
      if (!make) return undefined;
      next = { entry: implied, children: new Map() };
      here.children.set(name, next);
    }
    way.push(next);
  }
  return way.at(-1);
}

function* walk(node: Node, prefix: string): Generator<[string, Node]> {
  for (const name of [...node.children.keys()].sort()) {
    const child = node.children.get(name)!;
    yield [prefix + name, child];
    yield* walk(child, `${prefix}${name}/`);
  }
}

function asListed(path: string, entry: TarEntry, firstNames: Map<TarEntry, string>): ListingEntry {
  const { mode, uid, gid, size, sha256, link, mtime, major, minor, xattrs } = entry;
  const listed = { path, type: entry.type, mode, uid, gid, size, sha256, link, mtime, major, minor, xattrs };
  const first = firstNames.get(entry);
  if (entry.type !== 'directory' && entry !== implied) firstNames.set(entry, first ?? path);
  return first === undefined ? listed : { ...listed, type: 'hardlink', link: first };
}

export interface LineOptions {
  /** Show when things were changed; most comparisons cannot. */
  readonly times?: boolean;
}

const letters: Record<TarType, string> = {
  file: '-',
  hardlink: 'h',
  symlink: 'l',
  char: 'c',
  block: 'b',
  directory: 'd',
  fifo: 'p',
};

/** One entry as a line: `-rw-r--r-- 0:0 5 2cf24dba5fb0 etc/motd`. */
export function entryLine(entry: ListingEntry | TarEntry, options: LineOptions = {}): string {
  const device = entry.type === 'char' || entry.type === 'block';
  const path = printable(entry.path.replace(/\/+$/, '').replace(/^\.\/(?=.)/, ''));
  const link =
    entry.type === 'symlink'
      ? ` -> ${printable(entry.link)}`
      : entry.type === 'hardlink'
        ? ` == ${printable(entry.link)}`
        : '';
  const attributes = Object.entries(entry.xattrs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` [${name}=${printable(value)}]`);
  return [
    `${letters[entry.type]}${modeText(entry.mode)}`,
    `${entry.uid}:${entry.gid}`,
    ...(entry.type === 'file' ? [String(entry.size), entry.sha256.slice(0, 12)] : []),
    ...(device ? [`${entry.major},${entry.minor}`] : []),
    ...(options.times === true ? [timeText(entry.mtime)] : []),
    `${path}${entry.type === 'directory' ? '/' : ''}${link}${attributes.join('')}`,
  ].join(' ');
}

function modeText(mode: number): string {
  const triple = (bits: number, special: boolean, letter: string): string => {
    const x = (bits & 1) === 0 ? '-' : 'x';
    const last = special ? (x === 'x' ? letter : letter.toUpperCase()) : x;
    return `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${last}`;
  };
  const special = mode >> 9;
  return [
    triple((mode >> 6) & 7, (special & 4) !== 0, 's'),
    triple((mode >> 3) & 7, (special & 2) !== 0, 's'),
    triple(mode & 7, (special & 1) !== 0, 't'),
  ].join('');
}

function timeText(seconds: number): string {
  return Number.isInteger(seconds) ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : `@${seconds}`;
}
