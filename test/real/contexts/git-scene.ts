/** Repositories to build from, and the plugin on its own in a world that nothing else sees. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  hostPath,
  type BuildContext,
  type BuildError,
  type ContextRequest,
  type KeptTrees,
  type Pairs,
} from '../../../core/index.ts';
import { fakeWorld, readTree, type FakeWorld, type FakeWorldOptions, type Tree } from '../../../core/testing/index.ts';
import { splitLocation } from '../../../core/phases/context-location.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { storeFolder } from '../../../core/store/store-folder.ts';
import { gitContext } from '../../../plugins/git-context/index.ts';
import { cleanEnv, run } from '../../support/process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

/** Of all commits of the fixtures, unless said otherwise: seconds since 1970. */
export const commitTime = 1_700_000_000;

/** Runs git as the author of the fixtures. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const env = cleanEnv({
    HOME: folder,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Author',
    GIT_AUTHOR_EMAIL: 'author@example.test',
    GIT_COMMITTER_NAME: 'Author',
    GIT_COMMITTER_EMAIL: 'author@example.test',
    GIT_AUTHOR_DATE: `${commitTime} +0000`,
    GIT_COMMITTER_DATE: `${commitTime} +0000`,
    GIT_ALLOW_PROTOCOL: 'file:http:https',
  });
  return (await run(['git', '-c', 'advice.detachedHead=false', '-C', folder, ...args], { env })).stdout.trim();
}

export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Commits the files on top of what is there; returns the commit. */
export async function commit(folder: string, files: Readonly<Record<string, string>>, text = 'more'): Promise<string> {
  await write(folder, files);
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-q', '--allow-empty', '-m', text);
  return git(folder, 'rev-parse', 'HEAD');
}

export interface Repositories extends AsyncDisposable {
  /** Holds `app.git`, and what else is published. */
  readonly root: string;
  /** The author's own copy of `app`. */
  readonly work: string;
  readonly temp: TempDir;
  /** Commits by what they are. */
  readonly commits: Readonly<Record<'first' | 'middle' | 'trunk' | 'feature' | 'pull' | 'same' | 'gone', string>>;
  /** Makes the author's copy public under a name, with all its refs. */
  publish(work: string, name: string): Promise<void>;
}

/**
 * `app.git`: default branch `trunk` (three commits, `middle` has no name), `feature/one`, tags `light` and `annotated` (on the first), a branch
 * and a tag called `same`, a pull request, and a commit that has no name any more.
 */
export async function makeRepositories(): Promise<Repositories> {
  const temp = await tempDir('git');
  const [root, work] = [temp.at('root'), temp.at('work', 'app')];
  await mkdir(root);
  await mkdir(work, { recursive: true });
  const publish = async (from: string, name: string): Promise<void> => {
    await git(temp.path, 'clone', '-q', '--mirror', from, join(root, name));
    await git(join(root, name), 'config', 'uploadpack.allowFilter', 'true');
  };
  await git(work, 'init', '-q', '-b', 'trunk');
  const first = await commit(work, appFiles('first'), 'first');
  await git(work, 'tag', 'light');
  await git(work, 'tag', '-a', 'annotated', '-m', 'a release');
  const middle = await commit(work, { 'state.txt': 'middle' }, 'second');
  const trunk = await commit(work, { 'state.txt': 'trunk' }, 'third');
  const aside = async (name: string, from: string): Promise<string> => {
    await git(work, 'checkout', '-q', '--detach', from);
    return commit(work, { 'state.txt': name }, name);
  };
  const feature = await aside('feature', first);
  await git(work, 'branch', 'feature/one', feature);
  const same = await aside('same branch', first);
  await git(work, 'branch', 'same', same);
  await git(work, 'tag', 'same', await aside('same tag', first));
  const pull = await aside('pull', first);
  await git(work, 'update-ref', 'refs/pull/7/head', pull);
  const gone = await aside('gone', first);
  await git(work, 'branch', 'gone', gone);
  await git(work, 'checkout', '-q', 'trunk');
  await publish(work, 'app.git');
  await git(join(root, 'app.git'), 'branch', '-q', '-D', 'gone');
  const commits = { first, middle, trunk, feature, pull, same, gone };
  return { root, work, temp, commits, publish, [Symbol.asyncDispose]: () => temp.remove() };
}

const appFiles = (state: string): Record<string, string> => ({
  Dockerfile: 'FROM scratch\nCOPY . /\n',
  'state.txt': state,
  'svc/a/Dockerfile': 'FROM scratch\nCOPY . /svc\n',
  'svc/a/x': 'x',
  'svc/b/big': 'b'.repeat(10_000),
});

export interface OpenOptions extends FakeWorldOptions {
  readonly git?: Readonly<Record<string, string>>;
  /** What earlier openings left. */
  readonly kept?: KeptTrees;
}

export interface Opened extends AsyncDisposable {
  readonly context: BuildContext;
  readonly world: FakeWorld;
  readonly tree: Tree;
}

const plugin = gitContext();

export const gitWorld = ({ env, ...options }: FakeWorldOptions = {}): FakeWorld =>
  fakeWorld({ network: 'loopback', ...options, env: { PATH: cleanEnv()['PATH'], ...env } });

export const requestOf = (location: string, { git: settings = {}, kept }: OpenOptions = {}): ContextRequest => ({
  ...splitLocation(location),
  options: Object.entries(settings).map(([name, value]): Pairs[number] => [`git.${name}`, value]),
  ...(kept && { kept }),
});

/** Opens a location with the plugin alone. */
export async function open(location: string, options: OpenOptions = {}): Promise<Opened> {
  const { git: _, kept: __, ...rest } = options;
  const world = gitWorld(rest);
  try {
    const context = await plugin.contexts![0]!.open(requestOf(location, options), world);
    return { context, world, tree: readTree(context.root), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

/** The one file that tells commits apart. */
export async function stateOf(location: string, options: OpenOptions = {}): Promise<unknown> {
  await using opened = await open(location, options);
  return opened.tree['/state.txt'];
}

/** The problem that opening ends with. */
export async function refusal(location: string, options: OpenOptions = {}): Promise<BuildError> {
  const opened = await open(location, options).catch((error: unknown) => error as BuildError);
  if (opened instanceof Error) return opened;
  await opened[Symbol.asyncDispose]();
  throw new Error(`${location} was opened`);
}

export interface Keeping extends AsyncDisposable {
  readonly kept: KeptTrees;
  readonly folder: string;
}

/** Trees that outlive what opens them, in a store of their own. */
export async function openKept(): Promise<Keeping> {
  const temp = await tempDir('store');
  const store = await openStore(storeFolder({ STRAKE_HOME: temp.path }, hostPath(temp.path)));
  return { kept: store.trees, folder: temp.path, [Symbol.asyncDispose]: () => temp.remove() };
}
