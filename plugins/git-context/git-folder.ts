import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { linkTree, runLocal, type LocalRepository } from './local-repository.ts';
import type { FoundRef } from './refs.ts';

/** Makes the `.git` that comes along: as a clone of the branch or tag has it, with nobody's login. */
export async function addGitFolder(
  bench: Bench,
  local: LocalRepository,
  { files, commit, ref }: { readonly files: string; readonly commit: string; readonly ref?: FoundRef },
): Promise<void> {
  const gitDir = join(files, '.git');
  // Of its own: what is kept for the next fetch may be the same file in several places.
  linkTree(local.gitDir, gitDir, false);
  for (const name of ['refs', 'packed-refs', 'lfs', 'info', 'FETCH_HEAD', 'branches', 'hooks'])
    await rm(join(gitDir, name), { recursive: true, force: true });
  for (const name of ['refs/heads', 'refs/tags']) await mkdir(join(gitDir, name), { recursive: true });
  const own: LocalRepository = { gitDir, server: local.server };
  const set = (name: string, object: string) => runLocal(bench, own, ['update-ref', name, object]);
  const branch = ref?.name.startsWith('refs/heads/') && ref.commit === commit ? ref.name : undefined;
  if (ref?.name.startsWith('refs/tags/') && ref.commit === commit) await set(ref.name, ref.object);
  if (branch !== undefined) {
    await set(branch, commit);
    await set(branch.replace('refs/heads/', 'refs/remotes/origin/'), commit);
  }
  await writeFile(join(gitDir, 'HEAD'), branch === undefined ? `${commit}\n` : `ref: ${branch}\n`);
  const config = (key: string, value: string) => runLocal(bench, own, ['config', key, value]);
  await config('core.bare', 'false');
  await config('core.logAllRefUpdates', 'true');
  await config('remote.origin.url', local.server.remote.url);
  await config('remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  if (branch !== undefined) {
    const name = branch.slice('refs/heads/'.length);
    await config(`branch.${name}.remote`, 'origin');
    await config(`branch.${name}.merge`, branch);
  }
  // Without what only this machine knows of its files: git looks once and notes it.
  await runLocal(bench, own, ['read-tree', commit]);
  await rm(join(gitDir, 'logs'), { recursive: true, force: true });
}
