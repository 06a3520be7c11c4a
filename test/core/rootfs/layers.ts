/** Small layers and images for tests, from lines like `dir /a 0700`, `file /a/f hello`, `link /l -> /a`, `gone /x`. */
import type { Bytes, DiffId, ImagePath } from '../../../core/base/brand.ts';
import type { Entry, LayerEntry, LayerIndex, PackEntry } from '../../../core/archive/entry.ts';
import { openIndex } from '../../../core/archive/layer-index.ts';
import { indexWriter } from '../../../core/archive/index-writer.ts';
import { digestOf } from '../../../core/base/digest.ts';
import { mergedView, type MergedView } from '../../../core/rootfs/merged-view.ts';

export const path = (text: string): ImagePath => text as ImagePath;

/** `kind path [content or -> target] [mode] [uid:gid]`; kinds: dir, file, link, hard, fifo, char, gone, opaque. */
export function entryFrom(line: string): LayerEntry {
  const [kind = '', at = '', ...rest] = line.trim().split(/\s+/);
  const mode = rest.find((word) => /^0[0-7]{3,4}$/.test(word));
  const owner = rest.find((word) => /^\d+:\d+$/.test(word));
  const [uid = 0, gid = 0] = owner?.split(':').map(Number) ?? [];
  const target = rest.includes('->') ? rest[rest.indexOf('->') + 1]! : '';
  const common = {
    path: path(at),
    mode: mode ? Number.parseInt(mode, 8) : kind === 'dir' ? 0o755 : 0o644,
    uid,
    gid,
    mtime: 1_700_000_000,
  };
  const content = contentFrom(line);
  switch (kind) {
    case 'dir':
      return { type: 'directory', ...common };
    case 'file':
      return { type: 'file', ...common, size: content.length, hash: digestOf(content) };
    case 'link':
      return { type: 'symlink', ...common, mode: 0o777, target: target as Bytes };
    case 'hard':
      return { type: 'hardlink', ...common, target: path(target) };
    case 'fifo':
      return { type: 'fifo', ...common };
    case 'char':
      return { type: 'char', ...common, major: 1, minor: 3 };
    case 'gone':
      return { type: 'whiteout', path: path(at) };
    case 'opaque':
      return { type: 'opaque', path: path(at) };
    default:
      throw new Error(`no such kind: ${line}`);
  }
}

/** The words of a `file` line that are no mode and no owner. */
export const contentFrom = (line: string): string =>
  line
    .trim()
    .split(/\s+/)
    .slice(2)
    .filter((word) => !/^0[0-7]{3,4}$|^\d+:\d+$/.test(word))
    .join(' ');

const isEntry = (entry: LayerEntry): entry is Entry => entry.type !== 'whiteout' && entry.type !== 'opaque';

/** One layer; `kept` stands beside it as `/etc/passwd` does. */
export function layer(lines: readonly string[], kept: Readonly<Record<string, string>> = {}): LayerIndex {
  return layerOfEntries(lines.map(entryFrom), kept);
}

export function layerOfEntries(
  entries: readonly LayerEntry[],
  kept: Readonly<Record<string, string>> = {},
): LayerIndex {
  const writer = indexWriter();
  for (const entry of entries) writer.add(entry);
  for (const [at, content] of Object.entries(kept)) writer.keep(path(at), Buffer.from(content));
  return openIndex(writer.end());
}

export const image = (...layers: readonly (readonly string[])[]): MergedView =>
  mergedView(layers.map((lines) => layer(lines)));

/** How entries read in expectations: `dir /a 0755`, `file /f 0644 3b`, `link /l -> t`. */
export function show(entry: PackEntry | LayerEntry): string {
  if (!isEntry(entry)) return `${entry.type === 'whiteout' ? 'gone' : 'opaque'} ${entry.path}`;
  const it: Entry = entry;
  const mode = `0${it.mode.toString(8).padStart(3, '0')}`;
  const owner = it.uid || it.gid ? ` ${it.uid}:${it.gid}` : '';
  switch (it.type) {
    case 'directory':
      return `dir ${it.path} ${mode}${owner}`;
    case 'file':
      return `file ${it.path} ${mode}${owner}`;
    case 'symlink':
      return `link ${it.path} -> ${it.target}${it.mode === 0o777 ? '' : ` ${mode}`}${owner}`;
    case 'hardlink':
      return `hard ${it.path} -> ${it.target}`;
    case 'fifo':
    case 'char':
    case 'block':
      return `${it.type} ${it.path} ${mode}${owner}`;
  }
}

export const diffId = (text: string): DiffId => digestOf(text) as string as DiffId;
