import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files below `path`, counted until there are `enough`. Links are not followed; what is gone counts as none. */
export async function measure(path: string, enough: number): Promise<number> {
  let size = 0;
  const directories = [path];
  for (let directory = directories.pop(); directory !== undefined && size < enough; directory = directories.pop()) {
    const files: string[] = [];
    try {
      for await (const entry of await opendir(directory)) {
        if (entry.isDirectory()) directories.push(join(directory, entry.name));
        else if (entry.isFile()) files.push(join(directory, entry.name));
      }
      for (const found of await Promise.all(files.map((file) => lstat(file)))) size += found.size;
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return size;
}
