/** Which commit is meant, over a real server: names, commits, contradictions, what is kept for the next build. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { contextSourceContract } from '../../../core/testing/index.ts';
import { gitContext } from '../../../plugins/git-context/index.ts';
import { requirements } from '../../support/needs.ts';
import { cleanEnv } from '../../support/process.ts';
import { startGitHttp, type GitHttpServer } from '../../support/servers/git-http.ts';
import {
  commit,
  commitTime,
  git,
  makeRepositories,
  open,
  openKept,
  refusal,
  stateOf,
  type Repositories,
} from './git-scene.ts';

const { suite } = await requirements(import.meta.url, ['git']);

suite('a git repository', () => {
  let repositories: Repositories;
  let server: GitHttpServer;
  let old: GitHttpServer;
  let app: string;
  beforeAll(async () => {
    repositories = await makeRepositories();
    server = await startGitHttp({ root: repositories.root });
    old = await startGitHttp({ root: repositories.root, old: true });
    app = `${server.url}/app.git`;
  });
  afterAll(async () => {
    await server?.stop();
    await old?.stop();
    await repositories?.[Symbol.asyncDispose]();
  });
  const at = (name: keyof Repositories['commits']): string => repositories.commits[name];

  it('is opened at its default branch, whatever that is called', async () => {
    await using opened = await open(app);
    expect(opened.context).toMatchObject({ revision: at('trunk'), label: app });
    expect(Object.keys(opened.tree)).toEqual([
      '/Dockerfile',
      '/state.txt',
      '/svc/a/Dockerfile',
      '/svc/a/x',
      '/svc/b/big',
    ]);
    expect(opened.tree['/state.txt']).toBe('trunk');
    const progress = opened.world.events.filter(({ type }) => type === 'progress');
    expect(progress.at(-1)).toMatchObject({ title: `fetching ${app}`, unit: 'bytes', ended: true });
  });

  it('has branches, tags, pull requests and commits in all the ways they are written', async () => {
    const cases: readonly (readonly [string, string, Record<string, string>?])[] = [
      ['#feature/one', 'feature'],
      ['#feature%2Fone', 'feature'],
      ['#refs/heads/feature/one', 'feature'],
      ['#light', 'first'],
      ['#annotated', 'first'],
      ['#refs/tags/annotated', 'first'],
      ['#pull/7/head', 'pull'],
      ['#refs/pull/7/head', 'pull'],
      ['#same', 'same branch'],
      ['#refs/tags/same', 'same tag'],
      ['?branch=same', 'same branch'],
      ['?tag=same', 'same tag'],
      ['?ref=refs/pull/7/head', 'pull'],
      [`#${at('feature')}`, 'feature'],
      [`#${at('feature').slice(0, 10)}`, 'feature'],
      [`#refs/heads/trunk#${at('first')}`, 'first'],
      [`?tag=annotated&checksum=${at('first').slice(0, 12)}`, 'first'],
      [`?commit=${at('pull')}`, 'pull'],
      ['', 'feature', { branch: 'feature/one' }],
      ['', 'same tag', { tag: 'same' }],
      ['', 'pull', { ref: 'refs/pull/7/head' }],
      ['', 'first', { branch: 'trunk', commit: at('first').slice(0, 8) }],
      ['', 'middle', { branch: 'trunk', commit: at('middle') }],
      ['', 'trunk', { branch: 'trunk', checksum: at('trunk') }],
      ['#feature/one', 'feature', { ref: 'feature/one' }],
    ];
    const found = await Promise.all(
      cases.map(async ([end, , settings]) => stateOf(`${app}${end}`, settings && { git: settings })),
    );
    expect(found).toEqual(cases.map(([, state]) => state));
  });

  it('says what it has instead of what it has not', async () => {
    expect(await refusal(`${app}#feature/onne`)).toMatchObject({
      code: 'git-context/REF_MISSING',
      hint: 'It has "feature/one".',
    });
    expect(await refusal(app, { git: { tag: 'trunk' } })).toMatchObject({
      code: 'git-context/REF_MISSING',
      hint: '"trunk" is a branch: --git branch=trunk',
    });
    expect(await refusal(`${server.url}/absent.git`)).toMatchObject({ code: 'git-context/REPOSITORY_MISSING' });
    const none = '0123456789012345678901234567890123456789';
    expect(await refusal(`${app}#${none}`)).toMatchObject({ code: 'git-context/COMMIT_MISSING' });
    expect(await refusal(app, { git: { branch: 'trunk', commit: at('feature') } })).toMatchObject({
      code: 'git-context/COMMIT_MISSING',
      message: expect.stringContaining('not in the history of trunk') as string,
    });
    expect(await refusal(`${app}?branch=trunk&checksum=${at('first')}`)).toMatchObject({
      code: 'git-context/COMMIT_DIFFERS',
    });
  });

  it('gives out commits without a name also where the server only knows names', async () => {
    const location = `${old.url}/app.git`;
    expect(await stateOf(`${location}#${at('middle')}`)).toBe('middle');
    // Others give it out at once.
    await using opened = await open(`${app}#${at('middle')}`);
    expect(opened.tree['/state.txt']).toBe('middle');
    expect(await stateOf(`${location}#annotated`)).toBe('first');
    expect(await stateOf(`${location}#pull/7/head`)).toBe('pull');
    expect(await refusal(`${location}#${at('gone')}`)).toMatchObject({ code: 'git-context/COMMIT_MISSING' });
  });

  it('gives a subdirectory, and brings no file that lies elsewhere', async () => {
    await using keeping = await openKept();
    await using opened = await open(`${app}#trunk:svc/a`, { kept: keeping.kept });
    expect(opened.tree).toEqual({ '/Dockerfile': 'FROM scratch\nCOPY . /svc\n', '/x': 'x' });
    expect(opened.context.label).toBe(`svc/a of ${app}#trunk`);
    const [tree] = readdirSync(join(keeping.folder, 'contexts')).flatMap((key) =>
      readdirSync(join(keeping.folder, 'contexts', key)).map((name) => join(keeping.folder, 'contexts', key, name)),
    );
    const packs = join(tree!, 'repository');
    const missing = await git(packs, 'rev-list', '--objects', '--all', '--missing=print', '--quiet');
    expect(missing).toContain('?');
    expect(await refusal(`${app}#trunk:svc/c`)).toMatchObject({ code: 'CONTEXT_PART_MISSING' });
    expect(await refusal(`${app}#trunk:../x`)).toMatchObject({ code: 'git-context/SETTING_INVALID' });
  });

  it('has the same files on every machine: modes, and the time of the commit', async () => {
    await git(repositories.work, 'checkout', '-q', '-b', 'modes', 'trunk');
    await commit(repositories.work, { run: '#!/bin/sh\n', plain: '' });
    await git(repositories.work, 'update-index', '--chmod=+x', 'run');
    await git(repositories.work, 'commit', '-q', '--amend', '-m', 'modes');
    await git(repositories.work, 'checkout', '-q', '-f', 'trunk');
    await git(repositories.work, 'push', '-q', join(repositories.root, 'app.git'), 'modes');
    const before = process.umask(0o077);
    try {
      await using opened = await open(`${app}#modes`);
      const modes = ['run', 'plain', 'svc', 'svc/a/x'].map((path) => {
        const { mode, mtimeMs } = lstatSync(join(opened.context.root, path));
        return [path, (mode & 0o7777).toString(8), mtimeMs / 1000];
      });
      expect(modes).toEqual([
        ['run', '755', commitTime],
        ['plain', '644', commitTime],
        ['svc', '755', commitTime],
        ['svc/a/x', '644', commitTime],
      ]);
      await using dated = await open(`${app}?ref=modes&mtime=checkout`);
      const { mtimeMs } = lstatSync(join(dated.context.root, 'run'));
      expect(mtimeMs / 1000).toBeGreaterThan(commitTime + 1);
    } finally {
      process.umask(before);
    }
  });

  it('is not fetched again while nothing changed, and in part when something did', async () => {
    await using keeping = await openKept();
    const { kept } = keeping;
    await git(repositories.work, 'checkout', '-q', '-b', 'moving', 'trunk');
    const push = () => git(repositories.work, 'push', '-q', join(repositories.root, 'app.git'), 'moving');
    const first = await commit(repositories.work, { large: 'large '.repeat(50_000) + Math.random().toString() });
    await push();
    const moving = `${app}#moving`;
    const posts = () => server.requests().filter(({ method }) => method === 'POST').length;
    const opening = async (location: string) => {
      server.clearRequests();
      await using opened = await open(location, { kept });
      return { root: opened.context.root, revision: opened.context.revision, posts: posts() };
    };
    const one = await opening(moving);
    const two = await opening(moving);
    expect(two.root).toBe(one.root);
    // Names are asked for; no object is.
    expect(two.posts).toBe(1);
    const second = await commit(repositories.work, { 'state.txt': 'moved' });
    await push();
    await git(repositories.work, 'checkout', '-q', 'trunk');
    const three = await opening(moving);
    expect([one.revision, three.revision]).toEqual([first, second]);
    const progress = await opening(`${app}#${first}`);
    // It has been fetched before: nobody is asked anything.
    expect(progress).toMatchObject({ revision: first, posts: 0 });
    expect(server.requests()).toEqual([]);
  });

  it('brings its history along where that is asked for', async () => {
    const history = async (settings: Record<string, string>): Promise<readonly string[]> => {
      await using opened = await open(app, { git: { 'keep-git-dir': 'true', ...settings } });
      const { root } = opened.context;
      await git(root, 'fsck', '--full');
      return [
        await git(root, 'status', '--porcelain'),
        await git(root, 'rev-parse', '--abbrev-ref', 'HEAD'),
        await git(root, 'rev-list', '--count', 'HEAD'),
        await git(root, 'remote', 'get-url', 'origin'),
      ];
    };
    expect(await history({})).toEqual(['', 'trunk', '1', app]);
    expect(await history({ depth: '0' })).toEqual(['', 'trunk', '3', app]);
    await using keeping = await openKept();
    const kept = { git: { 'keep-git-dir': 'true', ref: 'kept' }, kept: keeping.kept };
    const move = (to: string) => git(join(repositories.root, 'app.git'), 'update-ref', 'refs/heads/kept', to);
    await move(at('feature'));
    await using _before = await open(app, kept);
    await move(at('trunk'));
    await using after = await open(app, kept);
    // Nothing of what the branch was at before is in the image.
    await expect(git(after.context.root, 'cat-file', '-e', at('feature'))).rejects.toThrow('cat-file');
    await using tagged = await open(app, { git: { 'keep-git-dir': 'true', tag: 'annotated' } });
    expect(await git(tagged.context.root, 'describe')).toBe('annotated');
  });

  it('whose objects have sha256 names is like any other', async () => {
    const work = repositories.temp.at('work', 'long');
    await git(repositories.temp.path, 'init', '-q', '-b', 'main', '--object-format=sha256', work);
    const long = await commit(work, { 'state.txt': 'long' });
    await repositories.publish(work, 'long.git');
    await using opened = await open(`${server.url}/long.git`);
    expect(opened.context.revision).toBe(long);
    expect(long).toHaveLength(64);
    expect(await stateOf(`${server.url}/long.git#${long}`)).toBe('long');
    expect(await stateOf(`${server.url}/long.git#${long.slice(0, 12)}`)).toBe('long');
  });

  it('with nothing in it is refused', async () => {
    await git(repositories.temp.path, 'init', '-q', '--bare', join(repositories.root, 'empty.git'));
    expect(await refusal(`${server.url}/empty.git`)).toMatchObject({ code: 'git-context/REPOSITORY_EMPTY' });
  });

  describe('as a context source', () => {
    const checks = contextSourceContract(() => ({
      plugin: gitContext(),
      world: { env: { PATH: cleanEnv()['PATH'] } },
      good: `${app}#trunk:svc/a`,
      holds: { '/Dockerfile': 'FROM scratch\nCOPY . /svc\n', '/x': 'x' },
      missing: `${app}#absent`,
    }));
    for (const check of checks) test(check.name, async () => void (await check.run()));
  });
});
