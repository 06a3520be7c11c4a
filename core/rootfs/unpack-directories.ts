import { lstatSync, mkdirSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { childOf, componentsOf, isWithin, nameOf, parentOf, rootPath } from '../base/image-path.ts';
import { codeOf } from '../sys/sys-error.ts';
import { hostPaths, type FsPath } from './host-path.ts';
import type { DeletionMarks } from './unpack-marks.ts';

/** As Linux has it. */
const mostLinks = 40;
const impliedMode = 0o755;

/** What a path was before it was cleared for something else. */
export type Cleared = 'nothing' | 'whiteout' | 'directory' | 'other';

/** What writing into a directory changes, or what it hands on to all that is made in it: the set-group-id bit. */
export interface DirectoryLooks {
  readonly mode: number;
  readonly mtime: number;
}

/** What is known of directories that were made. */
interface Records {
  readonly host: (path: ImagePath) => FsPath;
  /** Makes the directory, or tells that it is there. Its place is free or a directory's. */
  make(path: ImagePath, mode: number): 'made' | 'there';
  /** Makes one that no entry has asked for. */
  imply(path: ImagePath): void;
  isKnown(path: ImagePath): boolean;
  /** A directory of the layer's own list. */
  listed(path: ImagePath, looks: DirectoryLooks): void;
  clear(path: ImagePath): Cleared;
  readonly implied: ReadonlySet<ImagePath>;
  /** By path: what is set when nothing is written any more. */
  readonly looks: ReadonlyMap<ImagePath, DirectoryLooks>;
}

/** The directories of a layer while it is unpacked: which are known to be real ones, so that no link is walked through. */
export interface LayerDirectories extends Omit<Records, 'imply'> {
  /** The directory itself, made where it is missing; links of this layer on the way are followed inside it. */
  ensure(directory: ImagePath): ImagePath;
  /** Where the path really lies once links of this layer in its parents are followed; missing parents are made. */
  place(path: ImagePath): ImagePath;
}

export function layerDirectories(root: HostPath, marks: DeletionMarks): LayerDirectories {
  const { imply, ...records } = directoryRecords(root, marks);
  const { host, isKnown } = records;

  const linkAt = (path: ImagePath): string | undefined => {
    const stats = lstatSync(host(path), { bigint: true, throwIfNoEntry: false });
    if (!stats || stats.isDirectory() || marks.isWhiteout(stats)) return undefined;
    if (stats.isSymbolicLink()) return readlinkSync(host(path), 'latin1');
    const reason = 'the layer has it as a file and as a directory';
    throw problem('LAYER_ENTRY_IMPOSSIBLE', { path: toUtf8(path), reason });
  };

  const ensure = (directory: ImagePath): ImagePath => {
    const ahead = componentsOf(directory).reverse();
    let at = rootPath;
    let links = 0;
    while (ahead.length > 0) {
      const name = ahead.pop()!;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        at = parentOf(at);
        continue;
      }
      const next = childOf(at, name);
      const target = isKnown(next) ? undefined : linkAt(next);
      if (target === undefined) {
        imply(next);
        at = next;
        continue;
      }
      if (++links > mostLinks) throw problem('LINK_LOOP', { path: toUtf8(directory) });
      if (target.startsWith('/')) at = rootPath;
      ahead.push(...target.split('/').reverse());
    }
    return at;
  };

  const place = (path: ImagePath): ImagePath => {
    const parent = parentOf(path);
    return isKnown(parent) ? path : childOf(ensure(parent), nameOf(path));
  };
  return { ...records, ensure, place };
}

function directoryRecords(root: HostPath, marks: DeletionMarks): Records {
  const host = hostPaths(root);
  const known = new Set<ImagePath>([rootPath]);
  const implied = new Set<ImagePath>();
  const looks = new Map<ImagePath, DirectoryLooks>();

  const clear = (path: ImagePath): Cleared => {
    const stats = lstatSync(host(path), { bigint: true, throwIfNoEntry: false });
    if (!stats) return 'nothing';
    if (!stats.isDirectory()) {
      unlinkSync(host(path));
      return marks.isWhiteout(stats) ? 'whiteout' : 'other';
    }
    rmSync(host(path), { recursive: true });
    for (const gone of [...known].filter((directory) => isWithin(path, directory))) {
      known.delete(gone);
      implied.delete(gone);
      looks.delete(gone);
    }
    return 'directory';
  };

  const make = (path: ImagePath, mode: number): 'made' | 'there' => {
    if (known.has(path)) return 'there';
    try {
      mkdirSync(host(path), mode);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const before = clear(path);
      mkdirSync(host(path), mode);
      // What the layers below have here was taken away first.
      if (before === 'whiteout') marks.makeOpaque(host(path));
    }
    known.add(path);
    return 'made';
  };

  const imply = (path: ImagePath): void => {
    if (make(path, impliedMode) === 'there') return;
    implied.add(path);
    looks.set(path, { mode: impliedMode, mtime: 0 });
  };

  const listed = (path: ImagePath, own: DirectoryLooks): void => {
    implied.delete(path);
    looks.set(path, own);
  };
  return { host, make, imply, isKnown: (path) => known.has(path), listed, clear, implied, looks };
}
