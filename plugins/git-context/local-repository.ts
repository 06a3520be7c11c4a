import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gitEnv, type Bench } from './bench.ts';
import { GitFault, problemOf } from './faults.ts';
import { problem } from './problems.ts';
import type { Server } from './server.ts';
import { startGit, type GitEnd } from './start-git.ts';

/** A bare repository of ours, with what was fetched from one server. */
export interface LocalRepository {
  readonly gitDir: string;
  readonly server: Server;
}

/** Each fetch leaves one; with more of them a repository is begun anew. */
const mostPacks = 24;

/** Takes along what an earlier build fetched, where that is of the same kind. */
export async function openLocal(
  server: Server,
  { gitDir, commit, earlier }: { readonly gitDir: string; readonly commit: string; readonly earlier?: string },
): Promise<LocalRepository> {
  const local = { gitDir, server };
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  if (earlier !== undefined && (await isUsable(earlier, format))) {
    linkTree(earlier, gitDir);
    await rm(join(gitDir, 'info/sparse-checkout'), { force: true });
  } else {
    makeRepository(gitDir, format);
  }
  return local;
}

/** As `git init --bare` does, without the start of a program. */
function makeRepository(gitDir: string, format: string): void {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
    mkdirSync(join(gitDir, folder), { recursive: true });
  writeFileSync(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  const version = format === 'sha256' ? 1 : 0;
  const extensions = format === 'sha256' ? '[extensions]\n\tobjectFormat = sha256\n' : '';
  const config = `[core]\n\trepositoryFormatVersion = ${version}\n\tfileMode = true\n\tbare = true\n${extensions}`;
  writeFileSync(join(gitDir, 'config'), config);
}

async function isUsable(gitDir: string, format: string): Promise<boolean> {
  try {
    const config = await readFile(join(gitDir, 'config'), 'utf8');
    const packs = readdirSync(join(gitDir, 'objects/pack')).filter((name) => name.endsWith('.pack'));
    return /objectformat\s*=\s*sha256/i.test(config) === (format === 'sha256') && packs.length <= mostPacks;
  } catch {
    return false;
  }
}

/** Objects are never written to again and can be the same file; all else is copied. */
export function linkTree(from: string, to: string, share = true): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target, share);
    else if (entry.isFile()) {
      if (share && /[\\/](?:objects|lfs)[\\/]/.test(target) && linked(source, target)) continue;
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
    }
  }
}

function linked(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch {
    return false;
  }
}

export interface LocalCall {
  readonly env?: Readonly<Record<string, string>>;
  readonly outputLimit?: number;
}

/** Runs git where it speaks to nobody. Throws a problem where it fails. */
export async function runLocal(
  bench: Bench,
  local: LocalRepository,
  args: readonly string[],
  call: LocalCall = {},
): Promise<GitEnd> {
  const end = await tryLocal(bench, local, args, call);
  const { url } = local.server.remote;
  if (end.stalled) throw problem('STALLED', { url, seconds: bench.patience });
  if (end.status !== 0) throw problemOf(new GitFault(args[0]!, end.stderr, []), url, undefined);
  return end;
}

export const tryLocal = (
  bench: Bench,
  { gitDir }: LocalRepository,
  args: readonly string[],
  { env = {}, outputLimit }: LocalCall = {},
): Promise<GitEnd> =>
  startGit([`--git-dir=${gitDir}`, ...args], {
    // Nothing is fetched behind the back of those who know how to log in.
    env: gitEnv(bench, [], { GIT_ALLOW_PROTOCOL: '', ...env }),
    cwd: bench.folder,
    signal: bench.world.signal,
    patience: bench.patience,
    ...(outputLimit !== undefined && { outputLimit }),
  });

/** Is the commit there? In a partial repository its files may not be. */
export const hasCommit = async (bench: Bench, local: LocalRepository, commit: string): Promise<boolean> =>
  readdirSync(join(local.gitDir, 'objects/pack')).length > 0 &&
  (await tryLocal(bench, local, ['cat-file', '-e', `${commit}^{commit}`])).status === 0;
