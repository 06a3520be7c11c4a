import { chmodSync, lstatSync, lutimesSync, readdirSync, utimesSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

export interface Settled {
  /** What the files take. */
  readonly bytes: number;
}

/**
 * The same modes and times whoever built: 0755 for directories and programs, 0644 for all else, whatever the umask.
 * `time`: seconds since 1970; absent: times stay.
 */
export async function settleFiles(root: string, time: number | undefined): Promise<Settled> {
  let bytes = 0;
  const settle = async (directory: Buffer): Promise<void> => {
    // One directory at a time: synchronous calls are several times faster, and others get their turn in between.
    await breathe();
    const folders: Buffer[] = [];
    for (const name of readdirSync(directory, { encoding: 'buffer' })) {
      const path = Buffer.concat([directory, slash, name]);
      const found = lstatSync(path);
      if (found.isDirectory()) folders.push(path);
      else if (found.isSymbolicLink()) {
        if (time !== undefined) lutimesSync(path, time, time);
      } else {
        bytes += found.size;
        const mode = found.mode & 0o100 ? 0o755 : 0o644;
        if ((found.mode & 0o7777) !== mode) chmodSync(path, mode);
        if (time !== undefined) utimesSync(path, time, time);
      }
    }
    for (const folder of folders) await settle(folder);
    chmodSync(directory, 0o755);
    if (time !== undefined) utimesSync(directory, time, time);
  };
  await settle(Buffer.from(root));
  return { bytes };
}

const slash = Buffer.from('/');

/** Bytes of all files below; of what is gone, none. */
export function sizeOf(root: string): number {
  let bytes = 0;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += lstatSync(`${entry.parentPath}/${entry.name}`, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}
