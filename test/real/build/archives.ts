/** Archives for the contexts of cases, byte by byte the same on every machine. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { run } from '../../support/process.ts';
import { writeTar, type TarItem } from '../../support/raw-tar.ts';

export type Packing = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd';

const packers: Record<Packing, (tar: Buffer) => Buffer | Promise<Buffer>> = {
  none: (tar) => tar,
  gzip: (tar) => gzipSync(tar),
  zstd: (tar) => zstdCompressSync(tar),
  bzip2: async (input) => (await run(['bzip2', '--stdout'], { input })).bytes,
  xz: async (input) => (await run(['xz', '--stdout'], { input })).bytes,
};

/** Writes an archive into a context. */
export async function tarIn(
  context: string,
  path: string,
  items: readonly TarItem[],
  packing: Packing = 'none',
): Promise<void> {
  const file = join(context, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await packers[packing](writeTar(items)));
}

/** A bit of everything that is unpacked the same everywhere; `implied` has no entry of its own. */
export const sample: readonly TarItem[] = [
  { path: './', type: 'directory', mode: 0o700, uid: 9, gid: 9 },
  { path: './dir/', type: 'directory', mode: 0o750, uid: 1000, gid: 50 },
  { path: './dir/file', content: 'file\n', mode: 0o640, uid: 1000, gid: 50 },
  { path: './dir/hard', type: 'hardlink', link: './dir/file', mode: 0o640, uid: 1000, gid: 50 },
  { path: './dir/link', type: 'symlink', link: 'file', uid: 1, gid: 2 },
  { path: './absolute', type: 'symlink', link: '/etc/passwd' },
  { path: './implied/deep/file', content: 'deep\n' },
  { path: './setuid', content: 'setuid\n', mode: 0o4755 },
  { path: './empty', content: '' },
];
