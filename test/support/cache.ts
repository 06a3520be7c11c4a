/** What is expensive to make is made once per machine. */
import { access, mkdir, mkdtemp, readdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { removeTree } from './temp-dir.ts';

/** The directory of things made once: `STRAKE_TEST_CACHE`, else `~/.cache/strake-test`. */
export const cacheRoot = process.env['STRAKE_TEST_CACHE'] ?? join(homedir(), '.cache', 'strake-test');

/**
 * The directory that `make` filled, now or in an earlier run. `key` names the recipe and its version: change the recipe,
 * change the key. Only whole results are ever seen; two processes never make the same one.
 */
export async function cachedDirectory(key: string, make: (directory: string) => Promise<void>): Promise<string> {
  const final = join(cacheRoot, key);
  if (await exists(final)) return final;
  return withLock(join(cacheRoot, 'locks', key), async () => {
    if (await exists(final)) return final;
    // Whatever a killed run began: the lock says that nobody is at it any more.
    for (const name of await readdir(cacheRoot)) {
      if (name.startsWith(`${key}.draft-`)) await removeTree(join(cacheRoot, name));
    }
    const draft = await mkdtemp(join(cacheRoot, `${key}.draft-`));
    try {
      const result = join(draft, 'result');
      await mkdir(result);
      await make(result);
      await rename(result, final);
    } finally {
      await removeTree(draft);
    }
    return final;
  });
}

/** Is there anything at this path? */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
