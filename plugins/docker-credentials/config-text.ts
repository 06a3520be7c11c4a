import { randomBytes } from 'node:crypto';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { problem } from './problems.ts';

/**
 * Puts a file with credentials in place, whole or not at all, readable by its owner alone. Where the name is a link
 * (people keep such files in a repository of theirs), what it leads to is replaced, and the link stays.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  let temp: string | undefined;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const target = await realpath(file).catch(() => file);
    temp = `${target}.${randomBytes(6).toString('hex')}.tmp`;
    await using handle = await open(temp, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await rename(temp, target);
  } catch (error) {
    if (temp !== undefined) await rm(temp, { force: true }).catch(() => {});
    const { code } = error as NodeJS.ErrnoException;
    throw problem('CONFIG_NOT_WRITTEN', { file, reason: reasons[code ?? ''] ?? code ?? 'no reason is known' });
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EBUSY: 'it is mounted, and cannot be replaced',
  ENOTDIR: 'what should be its folder is a file',
  EEXIST: 'what should be its folder is a file',
};

/** JSON with the indentation that is there; docker's own is a tab. */
export const printConfig = (content: unknown, before: string | undefined): string =>
  `${JSON.stringify(content, null, /^\{\r?\n([ \t]+)/.exec(before ?? '')?.[1] ?? '\t')}\n`;
