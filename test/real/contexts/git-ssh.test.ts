/** Repositories over ssh, git's own protocol and files. */
import { copyFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { startGitDaemon } from '../../support/servers/git-daemon.ts';
import { startGitSsh, type GitSshServer } from '../../support/servers/git-ssh.ts';
import { makeRepositories, refusal, stateOf, type OpenOptions, type Repositories } from './git-scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'root', 'git', 'openssh-server']);

suite('a git repository by other ways than the web', () => {
  let repositories: Repositories;
  let ssh: GitSshServer;
  let app: string;
  beforeAll(async () => {
    repositories = await makeRepositories();
    ssh = await startGitSsh(repositories.temp.at('work'));
    app = `${ssh.url}${repositories.root}/app.git`;
  });
  afterAll(async () => {
    await ssh?.stop();
    await repositories?.[Symbol.asyncDispose]();
  });
  const known = (more: Readonly<Record<string, string>> = {}): OpenOptions => ({
    git: { 'ssh-key': ssh.key, 'known-hosts': ssh.knownHosts, ...more },
  });

  it('by ssh: with the right key, in both ways to write it', async () => {
    // The form of scp has no place for a port: ssh is told of it as users tell it.
    const command = `ssh -p ${ssh.port}`;
    const scp = `root@127.0.0.1:${repositories.root}/app.git`;
    const home = { '/.gitconfig': `[core]\n\tsshCommand = ${command}\n` };
    const found = await Promise.all([
      stateOf(`${app}#feature/one`, known()),
      stateOf(`git+${app}`, known()),
      stateOf(app.replace('root@', ''), known({ username: 'root' })),
      stateOf(`${scp}#light`, { ...known(), env: { GIT_SSH_COMMAND: command } }),
      stateOf(`${scp}#light`, { ...known(), home }),
    ]);
    expect(found).toEqual(['feature', 'trunk', 'trunk', 'first', 'first']);
  });

  it('by ssh: refused without the key, with another, with one that all can read', async () => {
    expect(await refusal(app, known({ 'ssh-key': ssh.otherKey }))).toMatchObject({
      code: 'git-context/SSH_REFUSED',
      hint: expect.stringContaining('ssh-key') as string,
    });
    const open = join(repositories.temp.path, 'open-key');
    await copyFile(ssh.key, open);
    await chmod(open, 0o644);
    expect(await refusal(app, known({ 'ssh-key': open }))).toMatchObject({
      code: 'git-context/SSH_REFUSED',
      hint: expect.stringContaining('chmod 600') as string,
    });
    expect(await refusal(app, known({ 'ssh-key': '/nowhere' }))).toMatchObject({ code: 'git-context/FILE_MISSING' });
  });

  it('by ssh: refused where the host is not known, or is another', async () => {
    // ssh knows hosts by the home of the user's entry, which the test leaves alone.
    const { git: settings } = known({ 'known-hosts': '/dev/null' });
    expect(await refusal(app, { git: settings! })).toMatchObject({ code: 'git-context/HOST_UNKNOWN' });
    expect(await refusal(app, known({ 'known-hosts': ssh.wrongHosts }))).toMatchObject({
      code: 'git-context/HOST_UNKNOWN',
    });
    expect(await refusal(`${ssh.url}/absent.git`, known())).toMatchObject({ code: 'git-context/REPOSITORY_MISSING' });
  });

  it("by git's own daemon, where that is meant", async () => {
    await using daemon = await startGitDaemon(repositories.root);
    const location = `git://127.0.0.1:${daemon.port}/app.git#refs/heads/feature/one`;
    expect(await stateOf(location, { git: { 'pull-method': 'git' } })).toBe('feature');
    expect(await stateOf(location, { env: { GIT_PULL_METHOD: 'git' } })).toBe('feature');
    const asked = daemon.connections();
    const absent = `git://127.0.0.1:${daemon.port}/absent.git`;
    expect(await refusal(absent, { git: { 'pull-method': 'git' } })).toMatchObject({
      code: 'git-context/REPOSITORY_MISSING',
    });
    expect(daemon.connections()).toBeGreaterThan(asked);
  });

  it('by files of this machine', async () => {
    const location = `git+file://${repositories.root}/app.git`;
    expect(await stateOf(location)).toBe('trunk');
    expect(await stateOf(`${location}#${repositories.commits.pull}`)).toBe('pull');
    const theirs = join(repositories.root, 'theirs.git');
    await run(['cp', '-r', join(repositories.root, 'app.git'), theirs]);
    await run(['chown', '-R', '65534', theirs]);
    expect(await refusal(`git+file://${theirs}`)).toMatchObject({
      code: 'git-context/OWNER_DUBIOUS',
      hint: expect.stringContaining(`safe.directory '${theirs}'`) as string,
    });
    const home = { '/.gitconfig': `[safe]\n\tdirectory = ${theirs}\n` };
    expect(await stateOf(`git+file://${theirs}`, { home })).toBe('trunk');
    expect(await refusal(`git+file://${repositories.root}/absent.git`)).toMatchObject({
      code: 'git-context/REPOSITORY_MISSING',
    });
  });
});
