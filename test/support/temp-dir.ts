/** Temporary directories that go away with their test. */
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.ts';

export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** A path inside. */
  at(...names: string[]): string;
  remove(): Promise<void>;
}

/** Mount points at or below a directory, deepest first. */
export async function mountsUnder(directory: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = table
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line.split(' ')[4]!.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    );
  return points.filter((point) => point === directory || point.startsWith(`${directory}/`)).reverse();
}

/** Makes a temporary directory. Removing it refuses while something is still mounted inside. */
export async function tempDir(label: string, mode = 0o755): Promise<TempDir> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `strake-test-${label}-`)));
  await chmod(path, mode);
  const remove = async (): Promise<void> => {
    const mounts = await mountsUnder(path);
    if (mounts.length > 0) throw new Error(`still mounted: ${mounts.join(', ')}`);
    await removeTree(path);
  };
  return { path, at: (...names) => join(path, ...names), remove, [Symbol.asyncDispose]: remove };
}

/** Removes a tree, also where directories forbid it to their ordinary owner. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await run(['chmod', '-R', 'u+rwX', path]);
    await rm(path, { recursive: true, force: true });
  }
}
