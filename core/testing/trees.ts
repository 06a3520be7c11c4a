import type { Bytes, ImagePath } from '../base/brand.ts';
import { compareBytes, fromUtf8, toUtf8 } from '../base/bytes.ts';
import { ancestorsOf, normalise, rootPath } from '../base/image-path.ts';
import type { Entry, PackEntry } from '../archive/entry.ts';
import { problem } from './problems.ts';

/** Owner and mode, where they are not the usual ones: `0:0`, 0644 for files, 0755 for directories. */
interface Rights {
  readonly mode?: number;
  /** `uid:gid` */
  readonly owner?: string;
}
export type TreeFile = Rights & { readonly file: string | Uint8Array };
export type TreeLink = { readonly link: string; readonly owner?: string };
export type TreeDirectory = Rights & { readonly directory: true };
/** Another name of a file of the tree. */
export type TreeHardlink = { readonly hardlink: string };
/** Devices and pipes: they can be read out of an image, not written. */
export type TreeOther = Rights & { readonly other: 'fifo' | 'char' | 'block' };

export type TreeNode = string | Uint8Array | TreeFile | TreeLink | TreeDirectory | TreeHardlink | TreeOther;

/**
 * Files as a literal: `{ '/Dockerfile': 'FROM scratch\n', '/bin/run': { file: '#!/bin/sh\n', mode: 0o755 } }`.
 * Directories above a file need no entry of their own.
 */
export type Tree = Readonly<Record<string, TreeNode>>;

const fileMode = 0o644;
const directoryMode = 0o755;
const linkMode = 0o777;

/** A tree as a list of paths with what stands there, sorted; strings have become files, paths bytes. */
export function treeNodes(tree: Tree): [ImagePath, Exclude<TreeNode, string | Uint8Array>][] {
  return Object.entries(tree)
    .map(([path, node]): [ImagePath, Exclude<TreeNode, string | Uint8Array>] => [
      treePath(path),
      typeof node === 'string' || node instanceof Uint8Array ? { file: node } : node,
    ])
    .sort(([a], [b]) => compareBytes(a, b));
}

function treePath(path: string): ImagePath {
  if (!path.startsWith('/')) throw problem('TREE_INVALID', { path, reason: 'it does not begin with a slash' });
  const normal = normalise(fromUtf8(path));
  if (toUtf8(normal) !== path || normal === rootPath)
    throw problem('TREE_INVALID', { path, reason: 'it is no plain path' });
  return normal;
}

/** The entries of a layer with these files; directories above them are in it too. Times are 0. */
export function treeEntries(tree: Tree): PackEntry[] {
  const entries = new Map<ImagePath, PackEntry>();
  for (const [path, node] of treeNodes(tree)) {
    for (const above of ancestorsOf(path))
      if (!entries.has(above)) entries.set(above, { ...common(above, {}), type: 'directory', mode: directoryMode });
    entries.set(path, entryOf(path, node));
  }
  // A hard link stands behind its file.
  return [...entries.values()].sort(
    (a, b) => Number(a.type === 'hardlink') - Number(b.type === 'hardlink') || compareBytes(a.path, b.path),
  );
}

function entryOf(path: ImagePath, node: Exclude<TreeNode, string | Uint8Array>): PackEntry {
  if ('hardlink' in node)
    return { ...common(path, {}), type: 'hardlink', mode: fileMode, target: treePath(node.hardlink) };
  const at = common(path, node);
  if ('link' in node) return { ...at, type: 'symlink', mode: linkMode, target: fromUtf8(node.link) };
  if ('directory' in node) return { ...at, type: 'directory', mode: node.mode ?? directoryMode };
  if ('other' in node) throw problem('TREE_INVALID', { path: toUtf8(path), reason: `a ${node.other} cannot be made` });
  const bytes = bytesOf(node.file);
  return {
    ...at,
    type: 'file',
    mode: node.mode ?? fileMode,
    size: bytes.length,
    content: { from: 'bytes', bytes },
  };
}

export const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : content;

function common(path: ImagePath, { owner = '0:0' }: { readonly owner?: string }) {
  const [uid = 0, gid = 0] = owner.split(':').map(Number);
  return { path, uid, gid, mtime: 0 };
}

/** Text where the bytes are text, so that literals can be compared. */
export function contentOf(bytes: Uint8Array): string | Uint8Array {
  const text = Buffer.from(bytes).toString();
  return Buffer.from(text).equals(bytes) && !text.includes('\0') ? text : new Uint8Array(bytes);
}

/**
 * What stands at a path as a literal has it; `undefined` for a directory that need not be said: a usual one with
 * something in it.
 */
export function nodeOf(entry: Entry, content: Uint8Array | undefined, isEmpty: boolean): TreeNode | undefined {
  const owner = entry.uid === 0 && entry.gid === 0 ? {} : { owner: `${entry.uid}:${entry.gid}` };
  const rights = (usual: number): Rights => ({ ...(entry.mode === usual ? {} : { mode: entry.mode }), ...owner });
  if (entry.type === 'directory') {
    const special = rights(directoryMode);
    return isEmpty || Object.keys(special).length > 0 ? { directory: true, ...special } : undefined;
  }
  if (entry.type === 'symlink') return { link: toUtf8(entry.target), ...owner };
  if (entry.type === 'hardlink') return { hardlink: toUtf8(entry.target) };
  if (entry.type !== 'file') return { other: entry.type, ...rights(fileMode) };
  const text = contentOf(content ?? new Uint8Array());
  const special = rights(fileMode);
  return Object.keys(special).length > 0 ? { file: text, ...special } : text;
}

/** The key of a path in a literal. */
export const treeKey = (path: ImagePath | Bytes): string => toUtf8(path);
