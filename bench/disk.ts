/**
 * A file system that nothing has been deleted from. ext4 does not take an inode again for minutes after its file is
 * gone, and looks at each of them on its way: what was removed before, by whomever, makes a build several times dearer.
 */
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { run, tryRun } from '../test/support/process.ts';

/** Bytes; the file has holes. */
const size = 16 * 2 ** 30;

export interface Disk extends AsyncDisposable {
  /** Where it is mounted, or a plain directory where the machine has no loop devices. */
  readonly path: string;
  readonly fresh: boolean;
}

/** Makes a new ext4 at `path`; its bytes lie in a file beside it, and past the cache of the file system below. */
export async function freshDisk(path: string): Promise<Disk> {
  await using making = new AsyncDisposableStack();
  const image = `${path}.img`;
  await mkdir(path);
  making.defer(() => rm(image, { force: true }));
  await writeFile(image, '');
  await truncate(image, size);
  await run(['mkfs.ext4', '-q', '-E', 'lazy_itable_init=1,lazy_journal_init=1', image]);
  const loop = await tryRun(['losetup', '--direct-io=on', '--find', '--show', image]);
  const mounted = loop.status === 0 && (await tryRun(['mount', loop.stdout.trim(), path])).status === 0;
  // The device goes with its last user.
  if (loop.status === 0) await tryRun(['losetup', '--detach', loop.stdout.trim()]);
  if (mounted) making.defer(async () => void (await run(['umount', '--recursive', path])));
  const made = making.move();
  return { path, fresh: mounted, [Symbol.asyncDispose]: () => made.disposeAsync() };
}
