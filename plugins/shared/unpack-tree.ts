import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import {
  ancestorsOf,
  isWithin,
  rootPath,
  tarEntries,
  toBuffer,
  type HostPath,
  type ImagePath,
  type PackEntry,
} from '../../core/index.ts';

/**
 * Unpacks a tar that somebody sent as a context. Owners are left out, as a context has none; devices and pipes too.
 * Nothing is reached through a link of the archive: every directory above a path is one that was made here.
 */
export async function unpackTree(bytes: AsyncIterable<Uint8Array>, root: HostPath): Promise<void> {
  const target = unpackedTree(root);
  for await (const entry of tarEntries(bytes, { layer: false })) await target.put(entry);
  target.finish();
}

function unpackedTree(root: HostPath) {
  const start = Buffer.from(root);
  const at = (path: ImagePath): Buffer => Buffer.concat([start, toBuffer(path)]);
  /** Directories that were made here, with what they get at the end: filling them changes their times. */
  const made = new Map<ImagePath, { mode: number; mtime: number } | undefined>([[rootPath, undefined]]);

  const directory = (path: ImagePath): void => {
    if (made.has(path)) return;
    rmSync(at(path), { recursive: true, force: true });
    mkdirSync(at(path), { mode: 0o700 });
    made.set(path, { mode: 0o755, mtime: 0 });
  };
  const clear = (path: ImagePath): void => {
    for (const above of ancestorsOf(path)) directory(above);
    const there = lstatSync(at(path), { throwIfNoEntry: false });
    if (there) rmSync(at(path), { recursive: true, force: true });
    if (there?.isDirectory()) for (const known of made.keys()) if (isWithin(path, known)) made.delete(known);
  };
  const link = (path: ImagePath, target: ImagePath): void => {
    const reached = ancestorsOf(target).every((above) => made.has(above));
    if (!reached || !lstatSync(at(target), { throwIfNoEntry: false })?.isFile()) return;
    clear(path);
    linkSync(at(target), at(path));
  };
  return {
    async put(entry: PackEntry): Promise<void> {
      const { path } = entry;
      if (entry.type === 'directory') {
        for (const above of [...ancestorsOf(path), path]) directory(above);
        made.set(path, { mode: entry.mode, mtime: entry.mtime });
      } else if (entry.type === 'hardlink') link(path, entry.target);
      else if (entry.type === 'symlink') {
        clear(path);
        symlinkSync(toBuffer(entry.target), at(path));
        lutimesSync(at(path), entry.mtime, entry.mtime);
      } else if (entry.type === 'file') {
        clear(path);
        await writeFile(at(path), entry);
      }
    },
    finish(): void {
      for (const [path, times] of [...made].reverse()) {
        if (!times) continue;
        chmodSync(at(path), times.mode);
        utimesSync(at(path), times.mtime, times.mtime);
      }
    },
  };
}

async function writeFile(path: Buffer, { content, mode, mtime }: PackEntry & { readonly type: 'file' }): Promise<void> {
  const fd = openSync(path, 'wx', 0o600);
  try {
    if (content.from === 'stream') for await (const chunk of content.open()) writeSync(fd, chunk);
  } finally {
    closeSync(fd);
  }
  chmodSync(path, mode);
  utimesSync(path, mtime, mtime);
}
