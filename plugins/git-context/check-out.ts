import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { runLocal, tryLocal, type LocalRepository } from './local-repository.ts';
import { GitFault } from './faults.ts';
import { problem } from './problems.ts';
import { callServer, type ServerCall } from './server.ts';

export interface CheckOut {
  readonly commit: string;
  /** Where the files go: a directory, empty or not yet there. */
  readonly files: string;
  /** Only this directory, where it is one; empty: all. */
  readonly only: string;
  readonly lfs: boolean;
}

const lfsFilter = [
  ['filter.lfs.process', 'git-lfs filter-process'],
  ['filter.lfs.smudge', 'git-lfs smudge -- %f'],
  ['filter.lfs.required', 'true'],
] as const;

/** Writes the files of a commit. What a partial repository lacks comes from the server. */
export async function checkOut(bench: Bench, local: LocalRepository, wanted: CheckOut): Promise<void> {
  const { commit, files, only, lfs } = wanted;
  await mkdir(files, { recursive: true });
  const index = join(bench.folder, `index-${Math.random().toString(36).slice(2)}`);
  const sparse = only !== '';
  // Git LFS looks there for the commit that is written.
  await writeFile(join(local.gitDir, 'HEAD'), `${commit}\n`);
  if (sparse) {
    await mkdir(join(local.gitDir, 'info'), { recursive: true });
    await writeFile(join(local.gitDir, 'info/sparse-checkout'), `/${only.replace(/[\\*?[\]]/g, '\\$&')}/\n`);
  }
  const call: ServerCall = {
    args: [`--work-tree=${files}`, 'read-tree', '--reset', '-u', '-v', '--no-recurse-submodules', commit],
    gitDir: local.gitDir,
    config: [...(sparse ? ([['core.sparseCheckout', 'true']] as const) : []), ...(lfs ? lfsFilter : [])],
    env: { GIT_INDEX_FILE: index, ...(lfs && { GIT_LFS_SKIP_SMUDGE: '0' }) },
  };
  try {
    await callServer(bench, local.server, call);
  } catch (error) {
    if (!(error instanceof GitFault)) throw error;
    throw problem(
      'GIT_FAILED',
      { url: local.server.remote.url, what: 'checkout', said: error.said },
      {},
      { cause: error },
    );
  } finally {
    await rm(index, { force: true });
  }
}

/** Fails where files of Git LFS are wanted and its program is not there. */
export async function expectLfs(bench: Bench, local: LocalRepository): Promise<void> {
  const { status } = await tryLocal(bench, local, ['lfs', 'version']);
  if (status !== 0) throw problem('LFS_MISSING', { url: local.server.remote.url });
}

/** What stands at a path of the commit: `040000 tree …`; `undefined`: nothing. */
export async function entryAt(
  bench: Bench,
  local: LocalRepository,
  commit: string,
  path: string,
): Promise<{ readonly mode: string; readonly object: string } | undefined> {
  const { stdout } = await runLocal(bench, local, ['ls-tree', '-z', '--full-tree', commit, '--', path]);
  const [, mode, object] = /^(\d{6}) [a-z]+ ([0-9a-f]+)\t/.exec(stdout) ?? [];
  return mode === undefined || object === undefined ? undefined : { mode, object };
}

/** Seconds since 1970. */
export async function timeOf(bench: Bench, local: LocalRepository, commit: string): Promise<number> {
  const { stdout } = await runLocal(bench, local, ['cat-file', 'commit', commit]);
  const seconds = Number(/^committer .*> (\d+) [+-]\d{4}$/m.exec(stdout)?.[1] ?? 0);
  // What is later than files can be dated is nobody's time.
  return Number.isSafeInteger(seconds) && seconds < 2 ** 33 ? seconds : 0;
}
