import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  linkSync,
  lutimesSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import {
  BuildError,
  parentOf,
  rootPath,
  toBuffer,
  toUtf8,
  type Entry,
  type FileEntry,
  type HostPath,
  type ImagePath,
  type TarHandler,
} from '../../core/index.ts';
import { problem } from './archive-problems.ts';
import { fileQueue, type QueuedFile } from './file-queue.ts';
import { times, treeDirectories, type TreeDirectories } from './tree-directories.ts';

/** Puts the entries of a tar into an empty directory, each within the call that brings it. */
export interface TreeWriter extends TarHandler {
  /** What to wait for before more comes; `undefined` while there is room. */
  full(): Promise<void> | undefined;
  /** All that came is written. */
  idle(): Promise<void>;
  /** After the last entry. */
  finish(): Promise<void>;
  /** Lets go of what an unpacking that failed left open. */
  close(): Promise<void>;
  /** Bytes of files so far. */
  bytes(): number;
  /** Devices and pipes, which no context has. */
  skipped(): readonly ImagePath[];
}

/** From here on a file is written while the next bytes come. Below, that costs more than it saves. */
const large = 256 << 10;
const specialBits = 0o7000;
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/**
 * Owners are left out, as a context has none; devices and pipes too. Nothing is reached through a link of the archive:
 * every directory above a path is one that was made here.
 */
export function treeWriter(root: HostPath): TreeWriter {
  const directories = treeDirectories(root);
  const files = fileWriter(directories);
  const skipped: ImagePath[] = [];
  const put = (entry: Entry): boolean => {
    const { path, type } = entry;
    if (type === 'file') files.begin(entry);
    else if (type === 'directory') directories.put(path, entry.mode, entry.mtime);
    else if (type === 'hardlink') makeLink(directories, path, entry.target);
    else if (type === 'symlink') {
      const at = directories.at(path);
      freshly(directories, path, () => symlinkSync(toBuffer(entry.target), at));
      lutimesSync(at, ...times(entry.mtime));
    } else skipped.push(path);
    return type === 'file';
  };
  return {
    ...files,
    entry: (entry) => explaining(entry.path, () => put(entry)),
    async finish() {
      await files.idle();
      explaining(rootPath, directories.finish);
    },
    skipped: () => skipped,
  };
}

/** Tries again where something else of the archive is in the way. */
function freshly<T>(directories: TreeDirectories, path: ImagePath, create: () => T): T {
  directories.above(path);
  try {
    return create();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    directories.clear(path);
    directories.above(path);
    return create();
  }
}

function makeLink(directories: TreeDirectories, path: ImagePath, target: ImagePath): void {
  if (path === target) return;
  // Where a directory above it was not made here it is a link, and leads elsewhere.
  if (!directories.has(parentOf(target)) || directories.has(target)) throw broken(path, target);
  try {
    freshly(directories, path, () => linkSync(directories.at(target), directories.at(path)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw broken(path, target, error);
    throw error;
  }
}

interface OpenFile extends QueuedFile {
  readonly path: ImagePath;
  /** The queue writes it, and closes it. */
  readonly queued: boolean;
}

/** Small files are written within the call that brings the bytes, large ones by the queue. */
function fileWriter(directories: TreeDirectories) {
  const queue = fileQueue<OpenFile>(({ path }, error) => explained(path, error));
  const modes = createModes();
  let bytes = 0;
  let open: OpenFile | undefined;
  return {
    begin({ path, mode, mtime, size }: FileEntry): void {
      const at = directories.at(path);
      const descriptor = freshly(directories, path, () => openSync(at, flags, mode & ~specialBits));
      const settle = (): void => {
        if (modes.needed(descriptor, mode)) fchmodSync(descriptor, mode);
        futimesSync(descriptor, ...times(mtime));
      };
      open = { path, descriptor, settle, queued: size >= large };
      if (open.queued) queue.begin(open);
    },
    data(chunk: Buffer): void {
      bytes += chunk.length;
      const { queued, path, descriptor } = open!;
      if (queued) queue.write(chunk);
      else explaining(path, () => writeNow(descriptor, chunk));
    },
    endEntry(): void {
      const file = open!;
      open = undefined;
      if (file.queued) {
        queue.end();
        return;
      }
      try {
        file.settle();
      } finally {
        closeSync(file.descriptor);
      }
    },
    full: queue.full,
    idle: queue.idle,
    async close(): Promise<void> {
      if (open && !open.queued) closeSync(open.descriptor);
      await queue.close();
    },
    bytes: () => bytes,
  };
}

function writeNow(descriptor: number, chunk: Buffer): void {
  for (let done = 0; done < chunk.length;) done += writeSync(descriptor, chunk, done);
}

/** Which modes a new file does not get by itself: the umask takes some of them. Looked at once for each. */
function createModes() {
  const known = new Map<number, boolean>();
  return {
    needed(descriptor: number, mode: number): boolean {
      // Writing may take these away again.
      if (mode & specialBits) return true;
      let needed = known.get(mode);
      if (needed === undefined) known.set(mode, (needed = (fstatSync(descriptor).mode & 0o7777) !== mode));
      return needed;
    },
  };
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const broken = (path: ImagePath, target: ImagePath, cause?: unknown): BuildError =>
  problem('LINK_BROKEN', { path: toUtf8(path), target: toUtf8(target) }, {}, { cause });

/** Says of a failed call which entry it was about. */
function explaining<T>(path: ImagePath, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw explained(path, error);
  }
}

function explained(path: ImagePath, error: unknown): unknown {
  if (BuildError.is(error) || codeOf(error) === undefined || (error as NodeJS.ErrnoException).syscall === undefined)
    return error;
  return problem('CANNOT_BE_WRITTEN', { path: toUtf8(path), code: codeOf(error)! }, {}, { cause: error });
}
