/** Submodules and Git LFS: what comes along when it is asked for, from where, and who is shown what. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { cleanEnv, run } from '../../support/process.ts';
import { startGitHttp, type GitHttpServer } from '../../support/servers/git-http.ts';
import { commit, git, makeRepositories, open, openKept, refusal, write, type Repositories } from './git-scene.ts';

const { suite } = await requirements(import.meta.url, ['git', 'git-lfs']);

const login = { username: 'alice', password: 'pass-of-alice' };
const env = { GIT_USERNAME: login.username, GIT_PASSWORD: login.password };

suite('a git repository with others in it', () => {
  let repositories: Repositories;
  let server: GitHttpServer;
  let elsewhere: GitHttpServer;
  let locked: GitHttpServer;
  beforeAll(async () => {
    repositories = await makeRepositories();
    const { root, temp } = repositories;
    const lfs = temp.at('lfs');
    server = await startGitHttp({ root, login: { basic: login }, lfs });
    elsewhere = await startGitHttp({ root });
    locked = await startGitHttp({ root, login: { basic: { username: 'eve', password: 'other' } } });
  });
  afterAll(async () => {
    for (const one of [server, elsewhere, locked]) await one?.stop();
    await repositories?.[Symbol.asyncDispose]();
  });

  let made = 0;
  /** A repository that names others: path → address. Each is at the commit that `of` has. */
  async function around(modules: Readonly<Record<string, string>>, of: string, more: Record<string, string> = {}) {
    const name = `around-${++made}.git`;
    const work = repositories.temp.at('work', name);
    await git(repositories.temp.path, 'init', '-q', '-b', 'main', work);
    const text = Object.entries(modules).map(
      ([path, url]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`,
    );
    await write(work, { '.gitmodules': text.join(''), 'state.txt': name, ...more });
    for (const path of Object.keys(modules))
      await git(work, 'update-index', '--add', '--cacheinfo', `160000,${of},${path}`);
    await git(work, 'add', '-f', '.gitmodules', 'state.txt', ...Object.keys(more));
    await git(work, 'commit', '-q', '-m', 'around');
    await repositories.publish(work, name);
    return { name, commit: await git(work, 'rev-parse', 'HEAD') };
  }

  it('leaves submodules out unless told to fetch them, and says so', async () => {
    const { name } = await around({ 'libs/app': '../app.git' }, repositories.commits.pull);
    const location = `${server.url}/${name}`;
    await using without = await open(location, { env });
    expect(without.tree['/libs/app/state.txt']).toBeUndefined();
    expect(without.world.notices().join()).toContain('SUBMODULES_LEFT_OUT');
    await using silent = await open(location, { env, git: { 'recurse-submodules': 'false' } });
    expect(silent.world.notices()).toEqual([]);
    for (const asked of [`${location}?submodules=true`, location]) {
      await using opened = await open(asked, {
        env,
        ...(asked === location && { git: { 'recurse-submodules': 'true' } }),
      });
      expect(opened.tree['/libs/app/state.txt']).toBe('pull');
      expect(opened.tree['/libs/app/.git']).toBeUndefined();
    }
  });

  it('has a clean .git beside submodules, where both are asked for', async () => {
    const { name } = await around({ 'libs/app': '../app.git' }, repositories.commits.pull);
    const settings = { 'recurse-submodules': 'true', 'keep-git-dir': 'true' };
    await using opened = await open(`${server.url}/${name}`, { env, git: settings });
    expect(opened.tree['/libs/app/state.txt']).toBe('pull');
    expect(await git(opened.context.root, 'status', '--porcelain')).toBe('');
    expect(await git(opened.context.root, 'config', '--get', 'remote.origin.url')).toBe(`${server.url}/${name}`);
  });

  it('has submodules of submodules, and none that lie outside of the part that is taken', async () => {
    const inner = await around({ 'deep/app': '../app.git' }, repositories.commits.first);
    const outer = await around({ inner: `../${inner.name}`, 'other/inner': '../absent.git' }, inner.commit);
    await using opened = await open(`${server.url}/${outer.name}#main:inner`, {
      env,
      git: { 'recurse-submodules': 'true' },
    });
    expect(opened.tree['/deep/app/state.txt']).toBe('first');
    const refused = await refusal(`${server.url}/${outer.name}`, { env, git: { 'recurse-submodules': 'true' } });
    expect(refused).toMatchObject({ code: 'git-context/REPOSITORY_MISSING' });
    expect(refused.message).toContain('absent.git');
  });

  it('does not fetch again what it has of them', async () => {
    await using keeping = await openKept();
    const options = { env, git: { 'recurse-submodules': 'true' }, kept: keeping.kept };
    const { name } = await around({ app: '../app.git' }, repositories.commits.pull);
    await using first = await open(`${server.url}/${name}`, options);
    server.clearRequests();
    await using second = await open(`${server.url}/${name}`, options);
    expect(second.context.root).toBe(first.context.root);
    expect(server.requests().filter(({ path }) => path.startsWith('/app.git'))).toEqual([]);
  });

  it('shows a login to its own server alone', async () => {
    const { pull } = repositories.commits;
    const open1 = await around({ app: `${elsewhere.url}/app.git` }, pull);
    elsewhere.clearRequests();
    await using opened = await open(`${server.url}/${open1.name}`, { env, git: { 'recurse-submodules': 'true' } });
    expect(opened.tree['/app/state.txt']).toBe('pull');
    const closed = await around({ app: `${locked.url}/app.git` }, pull);
    const refused = await refusal(`${server.url}/${closed.name}`, { env, git: { 'recurse-submodules': 'true' } });
    expect(refused).toMatchObject({ code: 'git-context/LOGIN_NEEDED' });
    expect(refused.message).toContain(`${locked.url}/app.git`);
    const shown = [...elsewhere.requests(), ...locked.requests()].map(({ authorization }) => authorization);
    expect([shown.length > 2, shown.filter((one) => one !== undefined)]).toEqual([true, []]);
  });

  it('refuses addresses that reach into this machine or run programs', async () => {
    const addresses = [
      `file://${repositories.root}/app.git`,
      `${repositories.root}/app.git`,
      'ext::sh -c "touch /tmp/strake-was-here"',
      '-u./payload',
      'fd::17',
      'ssh://-oProxyCommand=touch%20x/app.git',
      'https://user:secret@127.0.0.1/app.git',
    ];
    const codes = addresses.map(async (address) => {
      const { name } = await around({ app: JSON.stringify(address) }, repositories.commits.pull);
      return (await refusal(`${server.url}/${name}`, { env, git: { 'recurse-submodules': 'true' } })).code;
    });
    expect(await Promise.all(codes)).toEqual(addresses.map(() => 'git-context/SUBMODULE_REFUSED'));
    // Beside a repository of this machine there are only others of this machine.
    const { name } = await around({ app: '../app.git' }, repositories.commits.pull);
    const here = `git+file://${repositories.root}/${name}`;
    expect(await refusal(here, { git: { 'recurse-submodules': 'true' } })).toMatchObject({
      code: 'git-context/SUBMODULE_REFUSED',
    });
  });

  it('has the files that Git LFS holds, or their pointers and a word about it', async () => {
    const work = repositories.temp.at('work', 'large');
    await git(repositories.temp.path, 'init', '-q', '-b', 'main', work);
    await write(work, { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' });
    const large = 'a large file '.repeat(20_000);
    const lfsEnv = cleanEnv({ HOME: repositories.temp.path });
    await run(['git', 'lfs', 'install', '--skip-repo'], { cwd: work, env: lfsEnv });
    await run(['git', 'config', 'filter.lfs.clean', 'git-lfs clean -- %f'], { cwd: work, env: lfsEnv });
    await run(['git', 'config', 'filter.lfs.required', 'true'], { cwd: work, env: lfsEnv });
    await commit(work, { 'large.bin': large, 'state.txt': 'lfs' });
    await repositories.publish(work, 'large.git');
    const url = server.url.replace('://', `://${login.username}:${login.password}@`);
    await run(['git', '-c', `lfs.url=${url}/large.git/info/lfs`, 'lfs', 'push', '--all', `file://${work}`], {
      cwd: work,
      env: lfsEnv,
    });
    await using pointers = await open(`${server.url}/large.git`, { env });
    expect(pointers.tree['/large.bin']).toContain('version https://git-lfs');
    expect(pointers.world.notices().join()).toContain('LFS_LEFT_OUT');
    await using keeping = await openKept();
    const options = { env, git: { lfs: 'true' }, kept: keeping.kept };
    await using opened = await open(`${server.url}/large.git`, options);
    expect(opened.tree['/large.bin']).toBe(large);
    await using bearerless = await open(`${server.url}/large.git`, options);
    expect(bearerless.context.root).toBe(opened.context.root);
    const path = join(repositories.temp.path, 'bin');
    await run(['mkdir', '-p', path]);
    await run(['ln', '-s', '/usr/bin/git', join(path, 'git')]);
    const bare = { ...env, PATH: path };
    expect(await refusal(`${server.url}/large.git`, { env: bare, git: { lfs: 'true' } })).toMatchObject({
      code: 'git-context/LFS_MISSING',
    });
  });
});
