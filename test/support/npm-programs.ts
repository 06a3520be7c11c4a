/** Servers that only npm has, too heavy for our own dependencies: installed into the cache when a test wants them. */
import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDirectory } from './cache.ts';
import { describeFailure, tryRun } from './process.ts';

/** Folders below `servers` with a package.json and its lock. */
export type NpmProgram = 'azure' | 'gcs';

const files = ['package.json', 'package-lock.json'];

/** Where the packages of a lock lie. No script of theirs is run; what does not have the lock's checksums is refused. */
export async function npmProgram(name: NpmProgram): Promise<string> {
  const folder = fileURLToPath(new URL(`servers/${name}`, import.meta.url));
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(folder, file)));
  return cachedDirectory(`npm-${name}-${hash.digest('hex').slice(0, 16)}`, async (directory) => {
    for (const file of files) await copyFile(join(folder, file), join(directory, file));
    // npm needs the machine's proxy and registry, where there are some.
    const env = Object.fromEntries(
      Object.entries(process.env).flatMap(([key, value]) =>
        value === undefined || /^npm_(package|lifecycle)/.test(key) ? [] : [[key, value]],
      ),
    );
    const argv = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    const done = await tryRun(argv, { cwd: directory, env });
    if (done.status !== 0) throw new Error(describeFailure(done));
  });
}

/** Why it cannot be had, or nothing. */
export const npmRefusal = (name: NpmProgram): Promise<string | undefined> =>
  npmProgram(name).then(
    () => undefined,
    (error: unknown) => `npm could not install it: ${String(error).trim().split('\n').at(-1)}`,
  );
