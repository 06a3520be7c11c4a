import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import type { Bytes, HostPath, ImagePath } from '../base/brand.ts';
import { toBuffer, toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { rootPath } from '../base/image-path.ts';
import { isDeletion, type Deletion, type Entry, type FileEntry } from '../archive/entry.ts';
import type { LayerHandler } from '../archive/whiteouts.ts';
import { codeOf } from '../sys/sys-error.ts';
import type { FileCalls } from '../sys/sys.ts';
import type { FsPath } from './host-path.ts';
import { layerDirectories, type LayerDirectories } from './unpack-directories.ts';
import type { DeletionMarks } from './unpack-marks.ts';

export interface LayerFilesOptions {
  readonly marks: DeletionMarks;
  readonly calls: FileCalls;
  /** `false`: everything stays the caller's, and owners are known from the index alone. */
  readonly owners: boolean;
}

export interface LayerFiles {
  readonly handler: LayerHandler;
  /** Sets what directories are to look like in the end, after the last entry. */
  finish(): void;
  /** Lets go of what an unpacking that failed left open. */
  close(): void;
  implied(): readonly ImagePath[];
}

/** Set-id and sticky bits: a change of owner takes them away, and open(2) need not give them. */
const specialBits = 0o7000;
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Puts the entries of a layer into a directory, each within the call that brings it. */
export function layerFiles(root: HostPath, options: LayerFilesOptions): LayerFiles {
  const { marks, calls } = options;
  const directories = layerDirectories(root, marks);
  const { host, place } = directories;
  const maker = entryMaker(directories, options);
  const content = contentWriter(directories, options);

  const mark = (entry: Deletion): void => {
    if (entry.type === 'opaque') {
      marks.makeOpaque(host(directories.ensure(entry.path)));
      return;
    }
    const path = place(entry.path);
    // A mark speaks of the layers below; what this layer puts there itself stays, wherever it stands in the tar.
    if (directories.isKnown(path)) marks.makeOpaque(host(path));
    else ignoring('EEXIST', () => marks.whiteout(host(path)));
  };

  const handler: LayerHandler = {
    entry(entry) {
      if (isDeletion(entry)) mark(entry);
      else if (entry.type === 'directory') maker.directory(entry);
      else if (entry.path === rootPath)
        throw problem('LAYER_ENTRY_IMPOSSIBLE', { path: '/', reason: 'it is no directory' });
      else if (entry.type === 'hardlink') maker.link(place(entry.path), entry.target);
      else if (entry.type === 'file') content.begin(place(entry.path), entry);
      else maker.node(place(entry.path), entry);
      return entry.type === 'file';
    },
    data: content.write,
    endEntry: content.end,
  };

  return {
    handler,
    finish() {
      for (const [path, { mode, mtime }] of directories.looks) {
        if (mode & specialBits) chmodSync(host(path), mode);
        calls.nodes.setModified(host(path), mtime);
      }
    },
    close: content.close,
    implied: () => [...directories.implied],
  };
}

/** Tries again where something of this layer is in the way. */
function freshly<T>({ clear }: LayerDirectories, path: ImagePath, create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    clear(path);
    return create();
  }
}

function entryMaker(directories: LayerDirectories, options: LayerFilesOptions) {
  const { host, place } = directories;
  const { calls } = options;
  const settle = settler(options);
  return {
    directory(entry: Entry): void {
      const path = entry.path === rootPath ? rootPath : place(entry.path);
      const at = host(path);
      const isThere = path === rootPath || directories.make(path, entry.mode & ~specialBits) === 'there';
      if (isThere) chmodSync(at, entry.mode & ~specialBits);
      settle.owner(at, entry);
      settle.attributes(at, entry);
      directories.listed(path, entry);
    },
    link(path: ImagePath, target: ImagePath): void {
      const from = place(target);
      try {
        freshly(directories, path, () => linkSync(host(from), host(path)));
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        const reason = `it is a hard link to ${toUtf8(target)}, which the layer does not have`;
        throw problem('LAYER_ENTRY_IMPOSSIBLE', { path: toUtf8(path), reason }, {}, { cause: error });
      }
    },
    node(path: ImagePath, entry: Exclude<Entry, FileEntry>): void {
      const at = host(path);
      if (!freshly(directories, path, () => makeNode(at, entry, calls))) return;
      settle.owner(at, entry);
      if (entry.type !== 'symlink' && entry.mode & specialBits) chmodSync(at, entry.mode);
      settle.attributes(at, entry);
      calls.nodes.setModified(at, entry.mtime);
    },
  };
}

/** Files come in pieces, one file after the other. */
function contentWriter(directories: LayerDirectories, options: LayerFilesOptions) {
  const settle = settler(options);
  let open: { readonly entry: FileEntry; readonly path: FsPath; readonly descriptor: number } | undefined;
  const close = (): void => {
    if (open) closeSync(open.descriptor);
    open = undefined;
  };
  return {
    begin(path: ImagePath, entry: FileEntry): void {
      const at = directories.host(path);
      const create = (): number => openSync(at, flags, entry.mode & ~specialBits);
      open = { entry, path: at, descriptor: freshly(directories, path, create) };
    },
    write(chunk: Buffer): void {
      for (let at = 0; at < chunk.length;) at += writeSync(open!.descriptor, chunk, at);
    },
    end(): void {
      const { entry, path, descriptor } = open!;
      settle.owner(descriptor, entry);
      if (entry.mode & specialBits) fchmodSync(descriptor, entry.mode);
      settle.attributes(path, entry);
      // Node takes a time before 1970 for now.
      if (entry.mtime < 0) options.calls.nodes.setModified(path, entry.mtime);
      else futimesSync(descriptor, entry.mtime, entry.mtime);
      close();
    },
    close,
  };
}

/** False for a device that this user may not make; it is in the index all the same. */
function makeNode(at: FsPath, entry: Exclude<Entry, FileEntry>, { nodes }: FileCalls): boolean {
  if (entry.type === 'symlink') symlinkSync(toBuffer(entry.target), at);
  else if (entry.type === 'fifo') nodes.fifo(at, entry.mode);
  else if (entry.type === 'char' || entry.type === 'block') {
    try {
      nodes.device(at, entry.type, entry.mode, entry.major, entry.minor);
    } catch (error) {
      if (codeOf(error) !== 'EPERM') throw error;
      return false;
    }
  }
  return true;
}

/** What is set once a file is there: owner, then attributes, since a new owner takes file capabilities away. */
function settler({ calls, marks, owners }: LayerFilesOptions) {
  return {
    owner(at: FsPath | number, { uid, gid, path }: Entry): void {
      if (!owners || (uid === 0 && gid === 0)) return;
      try {
        if (typeof at === 'number') fchownSync(at, uid, gid);
        else lchownSync(at, uid, gid);
      } catch (error) {
        if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'EPERM') throw error;
        throw problem('OWNER_NOT_MAPPED', { path: toUtf8(path), uid, gid }, {}, { cause: error });
      }
    },
    attributes(at: FsPath, { xattrs }: Entry): void {
      for (const [name, value] of xattrs ?? []) if (!marks.isOwn(name)) setAttribute(calls, at, name, value);
    },
  };
}

/** File systems without attributes, and users who may not set one, go without: the index has it. */
const tolerated = new Set(['ENOTSUP', 'EPERM']);

function setAttribute({ xattrs }: FileCalls, at: FsPath, name: Bytes, value: Uint8Array): void {
  try {
    xattrs.set(at, name, value);
  } catch (error) {
    if (!tolerated.has(codeOf(error) ?? '')) throw error;
  }
}

function ignoring(code: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (codeOf(error) !== code) throw error;
  }
}
