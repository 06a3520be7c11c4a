import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  hostPath,
  narrowContext,
  type BuildContext,
  type ContextRequest,
  type Json,
  type TreeDraft,
  type World,
} from '../../core/index.ts';
import { openBench, type Bench } from './bench.ts';
import { checkOut, entryAt, expectLfs, timeOf } from './check-out.ts';
import { completeCommit, expectInHistory, fetchCommit } from './fetch.ts';
import { addGitFolder } from './git-folder.ts';
import { openLocal, type LocalRepository } from './local-repository.ts';
import { problem } from './problems.ts';
import { findRef, type FoundRef } from './refs.ts';
import { mainServer, type Server } from './server.ts';
import { settleFiles, sizeOf } from './settle-files.ts';
import { addSubmodules, listSubmodules } from './submodules.ts';
import { readWanted, type Wanted } from './wanted.ts';

/** What is known of a tree that is kept. */
interface Facts {
  readonly commit: string;
  /** What was asked for, where the answer can never be another. */
  readonly asked?: string;
}

/** The commit to take, and the name that led to it. */
interface Found {
  readonly commit: string;
  readonly ref?: FoundRef;
}

/** Opens what a location and its settings name; what an earlier build fetched is not fetched again. */
export async function openRepository(request: ContextRequest, world: World): Promise<BuildContext> {
  world.signal.throwIfAborted();
  const wanted = readWanted(request, world);
  const bench = await openBench(wanted.options, world);
  const server = mainServer(wanted, bench);
  const key = treeKey(wanted, request);
  const kept = await request.kept?.find(key);
  const facts = kept?.facts as Facts | undefined;
  const asked = lastingName(wanted);
  const found =
    asked !== undefined && facts?.asked === asked ? { commit: facts.commit } : await find(bench, server, wanted);
  if (kept && facts?.commit === found.commit) return contextAt(kept.root, wanted, found.commit);
  const draft = (await request.kept?.begin(key)) ?? (await ownDraft(world));
  try {
    const bytes = await fill(bench, server, { wanted, found, request, root: draft.root, earlier: kept?.root });
    const note: Json = { commit: found.commit, ...(asked !== undefined && { asked }) };
    const tree = await draft.keep(note, bytes);
    return await contextAt(tree.root, wanted, found.commit);
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

/** One tree for all commits of a repository, so that each build fetches what the one before did not. */
const treeKey = (wanted: Wanted, { subdirectory = '' }: ContextRequest): string =>
  JSON.stringify([
    'git-context 1',
    wanted.location.remote.url,
    wanted.subdir,
    subdirectory,
    wanted.keepGitDir ? ['.git', wanted.depth, wanted.ref?.kind, wanted.ref?.name] : '',
    wanted.submodules ?? '',
    wanted.lfs,
    wanted.mtime,
  ]);

/** Commits are what they are; names move. */
function lastingName({ commit, ref }: Wanted): string | undefined {
  return commit === undefined ? undefined : JSON.stringify([commit, ref?.kind ?? '', ref?.name ?? '']);
}

const isWhole = (commit: string): boolean => commit.length === 40 || commit.length === 64;

async function find(bench: Bench, server: Server, wanted: Wanted): Promise<Found> {
  const { commit, checksum, ref: name } = wanted;
  if (!name && commit !== undefined)
    return { commit: isWhole(commit) ? commit : await completeCommit(bench, server, commit) };
  const ref = await findNamed(bench, server, wanted);
  if (typeof ref === 'string') return { commit: ref };
  if (checksum !== undefined && !ref.commit.startsWith(checksum) && !ref.object.startsWith(checksum))
    throw problem('COMMIT_DIFFERS', {
      url: server.remote.url,
      name: name?.name ?? ref.name,
      wanted: checksum,
      found: ref.commit,
    });
  if (commit === undefined || ref.commit.startsWith(commit)) return { commit: ref.commit, ref };
  const whole = isWhole(commit) ? commit : await completeCommit(bench, server, commit);
  await expectInHistory(bench, server, ref.name, ref.commit, whole);
  return { commit: whole, ref };
}

/** A name that no ref has may be the beginning of a commit. */
async function findNamed(bench: Bench, server: Server, { ref, commit }: Wanted): Promise<FoundRef | string> {
  try {
    return await findRef(bench, server, ref);
  } catch (error) {
    if (ref?.kind !== 'name' || commit !== undefined || !/^[0-9a-f]{7,63}$/.test(ref.name)) throw error;
    return completeCommit(bench, server, ref.name).catch(() => {
      throw error;
    });
  }
}

async function ownDraft(world: World): Promise<TreeDraft> {
  const root = await world.tempDir('git-context');
  return { root, keep: async (facts) => ({ root, facts }), abandon: () => rm(root, { recursive: true, force: true }) };
}

interface Filling {
  readonly wanted: Wanted;
  readonly found: Found;
  readonly request: ContextRequest;
  readonly root: string;
  readonly earlier: string | undefined;
}

/** `repository`, `modules` and `files` of a draft; returns the bytes of all. */
async function fill(bench: Bench, server: Server, filling: Filling): Promise<number> {
  const { wanted, found, request, root, earlier } = filling;
  const { commit } = found;
  const [files, modules] = [join(root, 'files'), join(root, 'modules')];
  await mkdir(modules);
  const local = await openLocal(server, {
    gitDir: join(root, 'repository'),
    commit,
    // What is kept of it for the image is to hold nothing of other commits.
    ...(earlier !== undefined && !wanted.keepGitDir && { earlier: join(earlier, 'repository') }),
  });
  if (wanted.lfs) await expectLfs(bench, local);
  const part = [wanted.subdir, request.subdirectory ?? ''].filter((one) => one !== '').join('/');
  await fetchCommit(bench, local, {
    commit,
    object: found.ref?.commit === commit ? found.ref.object : commit,
    ...(found.ref && { name: found.ref.name }),
    depth: wanted.keepGitDir ? wanted.depth : 1,
    partial: part !== '' && !wanted.keepGitDir,
  });
  const isFolder = part !== '' && (await entryAt(bench, local, commit, part))?.mode === '040000';
  await checkOut(bench, local, { commit, files, only: isFolder ? part : '', lfs: wanted.lfs });
  const places = { files, modules, ...(earlier !== undefined && { earlier: join(earlier, 'modules') }) };
  if (wanted.submodules === true) await addSubmodules(bench, wanted, { local, commit, at: '', depth: 0 }, places);
  else await remarkOn(bench, local, wanted, found, files);
  if (wanted.keepGitDir) await addGitFolder(bench, local, { files, ...found });
  const { bytes } = await settleFiles(
    files,
    wanted.mtime === 'commit' ? await timeOf(bench, local, commit) : undefined,
  );
  return bytes + sizeOf(local.gitDir) + sizeOf(modules);
}

/** Files that a clone by hand may have had, and this context has not. */
async function remarkOn(
  bench: Bench,
  local: LocalRepository,
  { submodules, lfs, label, subdir }: Wanted,
  { commit }: Found,
  files: string,
): Promise<void> {
  const { report } = bench.world;
  const mayMiss = submodules === undefined && subdir === '' && existsSync(join(files, '.gitmodules'));
  const missing = mayMiss ? await listSubmodules(bench, local, commit) : [];
  if (missing.length > 0)
    report({
      type: 'notice',
      level: 'warning',
      code: 'SUBMODULES_LEFT_OUT',
      message: `${label} has submodules, which are left out: ${missing.map(({ path }) => path).join(', ')}.`,
      hint: 'Fetch them with --git recurse-submodules, or say that they are not needed: --git recurse-submodules=false.',
    });
  if (!lfs && namesLfs(join(files, '.gitattributes')))
    report({
      type: 'notice',
      level: 'warning',
      code: 'LFS_LEFT_OUT',
      message: `${label} has files that Git LFS holds: only their pointers are in the context.`,
      hint: 'Fetch them with --git lfs.',
    });
}

/** A link is not followed: it may lead anywhere. */
function namesLfs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size < 1 << 20 && /\bfilter=lfs\b/.test(readFileSync(path, 'utf8'));
}

async function contextAt(root: string, { label, subdir }: Wanted, commit: string): Promise<BuildContext> {
  const files = hostPath(join(root, 'files'));
  return narrowContext({ root: files, label, revision: commit, async [Symbol.asyncDispose]() {} }, subdir);
}
