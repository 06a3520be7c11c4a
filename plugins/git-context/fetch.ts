import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { GitFault, problemOf } from './faults.ts';
import { hasCommit, openLocal, tryLocal, type LocalRepository } from './local-repository.ts';
import { problem } from './problems.ts';
import { fetchProgress } from './progress.ts';
import { callServer, type Server } from './server.ts';

export interface Fetching {
  readonly commit: string;
  /** What to ask for: the commit, or the annotated tag of it. */
  readonly object: string;
  /** A name under which it can be had where commits are not given out. */
  readonly name?: string;
  /** Commits of the history; 0: all. */
  readonly depth: number;
  /** Files only as they are needed. */
  readonly partial: boolean;
}

const everything = ['+refs/heads/*:refs/strake/heads/*', '+refs/tags/*:refs/strake/tags/*'];

/** Brings the commit into the repository, with as little else as the server allows. */
export async function fetchCommit(bench: Bench, local: LocalRepository, fetching: Fetching): Promise<void> {
  const { commit, object, name, depth, partial } = fetching;
  const flags = [...(depth > 0 ? [`--depth=${depth}`] : []), ...(partial ? ['--filter=blob:none'] : [])];
  const there = depth === 1 && object === commit && (await hasCommit(bench, local, commit));
  if (there) return;
  const refused = await fetchRefs(bench, local, flags, [`+${object}:refs/strake/at/${object}`]);
  if (!refused) return;
  // Servers of old give out what has a name, and the name may have moved on since.
  if (name !== undefined) {
    await fetchRefs(bench, local, flags, [`+${name}:refs/strake/named`]);
    if (await hasCommit(bench, local, commit)) return;
  }
  const whole = (await isShallow(bench, local)) ? ['--unshallow'] : [];
  await fetchRefs(bench, local, whole, everything);
  if (await hasCommit(bench, local, commit)) return;
  const { url } = local.server.remote;
  const why = 'it is on no branch and no tag, and the server does not give it out by its number';
  throw problem('COMMIT_MISSING', { url, commit, why });
}

/** Returns the refusal of a server that has no such object or name, or does not give it out. */
async function fetchRefs(
  bench: Bench,
  local: LocalRepository,
  flags: readonly string[],
  refs: readonly string[],
): Promise<GitFault | undefined> {
  using progress = fetchProgress(bench.world, local.server.remote.url);
  try {
    await callServer(bench, local.server, {
      args: [
        'fetch',
        '--progress',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-recurse-submodules',
        '--no-auto-maintenance',
        '--force',
        ...flags,
        '--end-of-options',
        'origin',
        ...refs,
      ],
      gitDir: local.gitDir,
      onProgress: progress.line,
    });
    return undefined;
  } catch (error) {
    if (error instanceof GitFault) return error;
    throw error;
  }
}

const isShallow = async (bench: Bench, local: LocalRepository): Promise<boolean> =>
  (await tryLocal(bench, local, ['rev-parse', '--is-shallow-repository'])).stdout.trim() === 'true';

/** The commit that begins so, out of all that is on branches and tags. */
export async function completeCommit(bench: Bench, server: Server, begin: string): Promise<string> {
  return withHistory(bench, server, everything, async (local) => {
    const { stdout } = await tryLocal(bench, local, ['rev-parse', `--disambiguate=${begin}`]);
    const commits: string[] = [];
    for (const object of stdout.split('\n').filter((line) => line !== ''))
      if (await hasCommit(bench, local, object)) commits.push(object);
    const [commit, ...more] = commits;
    if (commit !== undefined && more.length === 0) return commit;
    const why = commit === undefined ? 'no commit on a branch or tag begins so' : 'several commits begin so';
    throw problem('COMMIT_MISSING', { url: server.remote.url, commit: begin, why });
  });
}

/** Fails where the commit is not one of the history of what the name is at. */
export async function expectInHistory(
  bench: Bench,
  server: Server,
  name: string,
  tip: string,
  commit: string,
): Promise<void> {
  await withHistory(bench, server, [`+${name}:refs/strake/named`], async (local) => {
    const { status } = await tryLocal(bench, local, ['merge-base', '--is-ancestor', commit, tip]);
    if (status === 0) return;
    const why = `it is not in the history of ${name.replace(/^refs\/(?:heads|tags)\//, '')}`;
    throw problem('COMMIT_MISSING', { url: server.remote.url, commit, why });
  });
}

/** Commits alone, where the server can leave out the rest; forgotten afterwards. */
async function withHistory<T>(
  bench: Bench,
  server: Server,
  refs: readonly string[],
  use: (local: LocalRepository) => Promise<T>,
): Promise<T> {
  const gitDir = join(bench.folder, `history-${Math.random().toString(36).slice(2)}`);
  try {
    const sample = await sampleObject(bench, server);
    const local = await openLocal(server, { gitDir, commit: sample });
    const refused = await fetchRefs(bench, local, ['--filter=tree:0'], refs);
    if (refused) throw problemOf(refused, server.remote.url, undefined);
    return await use(local);
  } finally {
    await rm(gitDir, { recursive: true, force: true });
  }
}

/** Any object of the repository: tells how its objects are named. */
async function sampleObject(bench: Bench, server: Server): Promise<string> {
  const { stdout } = await callServer(bench, server, { args: ['ls-remote', '--', 'origin', 'HEAD', 'refs/heads/*'] });
  const [object] = /^[0-9a-f]{40,64}(?=\t)/m.exec(stdout) ?? [];
  if (object === undefined) throw problem('REPOSITORY_EMPTY', { url: server.remote.url });
  return object;
}
