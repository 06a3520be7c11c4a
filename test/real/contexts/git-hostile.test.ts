/** Repositories, configurations and environments that try to have something run, or to reach what is not theirs. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { cleanEnv, run } from '../../support/process.ts';
import {
  commit,
  git,
  makeRepositories,
  open,
  openKept,
  refusal,
  stateOf,
  write,
  type Repositories,
} from './git-scene.ts';

const { suite } = await requirements(import.meta.url, ['git']);

suite('a hostile git repository', () => {
  let repositories: Repositories;
  let app: string;
  let marks = 0;
  beforeAll(async () => {
    repositories = await makeRepositories();
    app = `git+file://${repositories.root}/app.git`;
  });
  afterAll(() => repositories?.[Symbol.asyncDispose]());

  /** A command that leaves a file, and whether it has been run. */
  function trap(): { readonly command: string; sprung(): boolean } {
    const file = join(repositories.temp.path, `sprung-${++marks}`);
    return { command: `touch ${file}`, sprung: () => existsSync(file) };
  }

  async function publish(name: string, make: (work: string) => Promise<void>): Promise<string> {
    const work = repositories.temp.at('work', name);
    await git(repositories.temp.path, 'init', '-q', '-b', 'main', work);
    await make(work);
    await repositories.publish(work, `${name}.git`);
    return `git+file://${repositories.root}/${name}.git`;
  }

  it('runs no hook, filter, monitor or alias that the user or the system has set up', async () => {
    const traps = { hook: trap(), filter: trap(), monitor: trap(), template: trap(), diff: trap() };
    const hooks = repositories.temp.at('hooks');
    await mkdir(hooks, { recursive: true });
    for (const name of ['post-checkout', 'post-index-change', 'reference-transaction', 'post-merge']) {
      await writeFile(join(hooks, name), `#!/bin/sh\n${traps.hook.command}\n`);
      await chmod(join(hooks, name), 0o755);
    }
    const config = `
[core]
\thooksPath = ${hooks}
\tfsmonitor = ${traps.monitor.command}
\tattributesFile = ${repositories.temp.at('attributes')}
\tautocrlf = true
[filter "trap"]
\tsmudge = ${traps.filter.command}; cat
\tprocess = ${traps.filter.command}
[init]
\ttemplateDir = ${repositories.temp.at('template')}
[alias]
\tls-remote = !${traps.diff.command}
`;
    await writeFile(repositories.temp.at('attributes'), '* filter=trap\n');
    await mkdir(repositories.temp.at('template', 'hooks'), { recursive: true });
    await writeFile(
      repositories.temp.at('template', 'hooks', 'post-checkout'),
      `#!/bin/sh\n${traps.template.command}\n`,
      {
        mode: 0o755,
      },
    );
    const location = await publish('attributes', async (work) => {
      await commit(work, { '.gitattributes': '* filter=trap diff=trap merge=trap\n', 'state.txt': 'one\ntwo\n' });
    });
    const home = { '/.gitconfig': config, '/.config/git/attributes': '* filter=trap text eol=crlf\n' };
    expect(await stateOf(location, { home })).toBe('one\ntwo\n');
    expect(await stateOf(location, { home, git: { 'keep-git-dir': 'true' } })).toBe('one\ntwo\n');
    expect(Object.entries(traps).filter(([, { sprung }]) => sprung())).toEqual([]);
  });

  it('is not taken for another by the environment that strake was started in', async () => {
    const env = {
      GIT_DIR: join(repositories.root, 'app.git'),
      GIT_WORK_TREE: repositories.work,
      GIT_INDEX_FILE: '/nowhere',
      GIT_OBJECT_DIRECTORY: '/nowhere',
      GIT_TEMPLATE_DIR: '/nowhere',
      GIT_TRACE: '1',
    };
    expect(await stateOf(`${app}#feature/one`, { env })).toBe('feature');
  });

  it('takes no ref for an option or a pattern', async () => {
    for (const name of ['--upload-pack=touch x', '-x', 'refs/heads/*', 'a..b', 'x^{commit}', 'a b', '@', 'x.lock'])
      for (const settings of [{ ref: name }, { branch: name }, { tag: name }])
        expect((await refusal(app, { git: settings })).code).toBe('git-context/REF_INVALID');
    expect(await refusal(`git://-oProxyCommand=x/app.git`)).toMatchObject({ code: 'git-context/LOCATION_INVALID' });
    expect(await refusal(`git+ext://sh -c x/app.git`)).toMatchObject({ code: 'git-context/LOCATION_INVALID' });
  });

  it('does not lead out by a link, nor read through one', async () => {
    const location = await publish('links', async (work) => {
      await symlink('/etc', join(work, 'out'));
      await symlink('../..', join(work, 'up'));
      await symlink('/dev/zero', join(work, '.gitattributes'));
      await symlink('svc', join(work, 'inside'));
      await commit(work, { 'svc/state.txt': 'svc' });
    });
    expect(await stateOf(`${location}#main:inside`)).toBe('svc');
    for (const part of ['out', 'up'])
      expect(await refusal(`${location}#main:${part}`)).toMatchObject({ code: 'CONTEXT_PART_MISSING' });
    await using opened = await open(location);
    expect(opened.tree['/out']).toEqual({ link: '/etc' });
  });

  it('whose tree holds .git, or a .gitmodules that is a link, is refused', async () => {
    for (const name of ['dot-git', 'modules']) {
      const location = await publish(name, async (work) => {
        await commit(work, { x: 'x' });
        const blob = await git(work, 'rev-parse', 'HEAD:x');
        const hooks = await git(work, 'rev-parse', 'HEAD^{tree}');
        // Git refuses to make such trees; their bytes are easily written.
        const entry = (mode: string, path: string, object: string): Buffer =>
          Buffer.concat([Buffer.from(`${mode} ${path}\0`), Buffer.from(object, 'hex')]);
        const bad = name === 'modules' ? entry('120000', '.gitmodules', blob) : entry('40000', '.git', hooks);
        const input = Buffer.concat([bad, entry('100644', 'x', blob)]);
        const argv = ['git', '-C', work, 'hash-object', '-t', 'tree', '--literally', '-w', '--stdin'];
        const tree = (await run(argv, { input, env: cleanEnv() })).stdout.trim();
        await git(work, 'reset', '-q', '--soft', await git(work, 'commit-tree', tree, '-m', 'bad'));
      });
      const refused = await refusal(location, { git: { 'recurse-submodules': 'true' } });
      expect([refused.code, refused.message]).toEqual([
        'git-context/GIT_FAILED',
        expect.stringContaining("invalid path '.git") as string,
      ]);
    }
  });

  it('leaves nothing in the store when it cannot be opened', async () => {
    await using keeping = await openKept();
    const broken = { git: { 'recurse-submodules': 'true' }, kept: keeping.kept };
    const location = await publish('half', async (work) => {
      await write(work, { '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ext::no\n' });
      await git(work, 'update-index', '--add', '--cacheinfo', `160000,${repositories.commits.trunk},x`);
      await git(work, 'add', '-f', '.gitmodules');
      await git(work, 'commit', '-q', '-m', 'half');
    });
    expect(await refusal(location, broken)).toMatchObject({ code: 'git-context/SUBMODULE_REFUSED' });
    await refusal(`${app}#absent`, { kept: keeping.kept });
    const left = await readdir(keeping.folder, { recursive: true });
    expect(left.filter((name) => /HEAD$|files$|state\.txt$/.test(name))).toEqual([]);
  });

  it('needs the git program, and one that is not too old', async () => {
    expect(await refusal(app, { env: { PATH: '/nowhere' } })).toMatchObject({
      code: 'git-context/GIT_MISSING',
      hint: expect.stringContaining('apt-get install git') as string,
    });
    const old = repositories.temp.at('old-git');
    await mkdir(old);
    // As before 2.31: what the environment says of configuration is not heard.
    await writeFile(join(old, 'git'), '#!/bin/sh\nunset GIT_CONFIG_COUNT\nexec /usr/bin/git "$@"\n', { mode: 0o755 });
    expect(await refusal(app, { env: { PATH: `${old}:/usr/bin:/bin` } })).toMatchObject({
      code: 'git-context/GIT_MISSING',
      message: expect.stringContaining('too old') as string,
    });
  });
});
