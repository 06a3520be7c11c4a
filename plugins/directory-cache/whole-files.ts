import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BuildError } from '../../core/index.ts';
import { problem } from './problems.ts';

/** Files of a directory that several machines may share: there whole or not at all, whoever is killed when. */
export interface WholeFiles {
  readonly root: string;
  read(path: string): Promise<Buffer | undefined>;
  /** To a temporary file, to the disk, and only then under its name. */
  write(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, now: Date): Promise<void>;
  /** Bytes and time of last use (milliseconds since 1970). */
  look(path: string): Promise<{ readonly size: number; readonly used: number } | undefined>;
  /** Notes a use, at most once an hour: reading hardly ever writes. */
  noteUse(path: string, now: Date): Promise<void>;
  remove(path: string): Promise<void>;
}

/** What temporary files are called, below the root. */
export const temporary = 'tmp';
/** Milliseconds. */
const noteEvery = 3_600_000;

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

export function wholeFiles(root: string): WholeFiles {
  const at = (path: string): string => join(root, path);

  const look: WholeFiles['look'] = async (path) => {
    try {
      const { size, mtimeMs } = await stat(at(path));
      return { size, used: mtimeMs };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  return {
    root,
    look,
    async read(path) {
      try {
        return await readFile(at(path));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async write(path, bytes, now) {
      const draft = at(join(temporary, randomUUID()));
      try {
        await mkdir(dirname(draft), { recursive: true });
        await mkdir(dirname(at(path)), { recursive: true });
        await writeSynced(draft, bytes, now);
        await rename(draft, at(path));
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {});
        if (BuildError.is(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
        throw problem('NOT_WRITABLE', { path: root, reason: (error as Error).message }, {}, { cause: error });
      }
    },
    async noteUse(path, now) {
      const found = await look(path);
      if (!found || found.used + noteEvery > now.getTime()) return;
      // A directory that may only be read serves nevertheless.
      await utimes(at(path), now, now).catch(() => {});
    },
    remove: (path) => rm(at(path), { force: true }),
  };
}

async function writeSynced(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  now: Date,
): Promise<void> {
  // Others may build as other users: who may read is the directory's to say.
  await using file = await open(path, 'wx', 0o666);
  for await (const chunk of bytes) await file.write(chunk);
  await file.utimes(now, now);
  await file.sync();
}
