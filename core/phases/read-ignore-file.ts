import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseIgnore, type IgnoreMatcher } from '../dockerfile/ignore.ts';
import type { FsPath } from '../rootfs/host-path.ts';
import type { FileAt } from './context-files.ts';

/** `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` of the context. */
export async function readIgnoreFile(
  root: string,
  dockerfile: string | undefined,
  fileAt: FileAt = (path) => path,
): Promise<{ readonly matcher: IgnoreMatcher; readonly text: string } | undefined> {
  const own = dockerfile === undefined ? undefined : await textOf(fileAt(`${dockerfile}.dockerignore`));
  const text = own ?? (await textOf(fileAt(join(root, '.dockerignore'))));
  if (text === undefined) return undefined;
  const name = own === undefined ? '.dockerignore' : `${dockerfile}.dockerignore`;
  return { matcher: parseIgnore({ name, text }), text };
}

async function textOf(path: FsPath): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
