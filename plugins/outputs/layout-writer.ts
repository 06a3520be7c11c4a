import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LayoutFile } from './layout-files.ts';

export interface LayoutWriter {
  /** Writes the file unless one of that name and size is there: blobs are named by their content. */
  put(file: LayoutFile): Promise<void>;
  /** Writes the file over one that may be there. */
  replace(file: LayoutFile): Promise<void>;
  /** Removes what this writer has put. */
  abort(): Promise<void>;
}

/** Files below a directory, each written under a temp name and renamed; the same file asked for twice is written once. */
export function layoutWriter(root: string): LayoutWriter {
  const writing = new Map<string, Promise<void>>();
  const made: string[] = [];

  const write = async (file: LayoutFile): Promise<void> => {
    const path = join(root, file.name);
    await mkdir(dirname(path), { recursive: true });
    const temp = `${path}.partial`;
    try {
      await pipeline(Readable.from(file.open()), createWriteStream(temp));
      await rename(temp, path);
    } catch (error) {
      await rm(temp, { force: true });
      throw error;
    }
    made.push(path);
  };

  return {
    put(file) {
      const known = writing.get(file.name);
      if (known) return known;
      const work = isThere(join(root, file.name), file.size).then((there) => (there ? undefined : write(file)));
      writing.set(file.name, work);
      work.catch(() => {});
      return work;
    },
    replace: write,
    async abort() {
      await Promise.allSettled(writing.values());
      for (const path of made) await rm(path, { force: true });
    },
  };
}

async function isThere(path: string, size: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.size === size;
}
