/** The whole way from the command line: flags, configs, named contexts; and no credential anywhere but on the wire. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { startDaemon, tryRun, type RunResult } from '../../support/process.ts';
import { startGitHttp, type GitHttpServer } from '../../support/servers/git-http.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { waitFor } from '../../support/wait.ts';
import { good, writeFiles } from '../e2e/scene.ts';
import { makeRepositories, type Repositories } from './git-scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'git', 'strace']);

const username = 'alice';
const password = 'pass-w0rd-of-alice';
const token = 'tok-3n-of-a-robot';

suite('building from a git repository', () => {
  let repositories: Repositories;
  let basic: GitHttpServer;
  let bearer: GitHttpServer;
  beforeAll(async () => {
    repositories = await makeRepositories();
    const { root } = repositories;
    basic = await startGitHttp({ root, login: { basic: { username, password } } });
    bearer = await startGitHttp({ root, login: { bearer: token } });
  });
  afterAll(async () => {
    await basic?.stop();
    await bearer?.stop();
    await repositories?.[Symbol.asyncDispose]();
  });

  const toFolder = ['--progress', 'json', '-o', 'type=local,dest=out'];
  const built = (world: StrakeWorld, path: string): Promise<string> => readFile(join(world.work, 'out', path), 'utf8');

  it('by flags, with another repository as a named context', async () => {
    await using world = await openStrake();
    const env = { MY_PASSWORD: password, ROBOT: token };
    const main = [`${basic.url}/app.git`, '--git', `tag=annotated,username=${username},password-env=MY_PASSWORD`];
    good(await world.strake(['build', ...main, ...toFolder], { env }));
    expect([await built(world, 'state.txt'), await built(world, 'svc/a/x')]).toEqual(['first', 'x']);
    const named = [`lib=${bearer.url}/app.git`, '--git', 'context=lib,branch=feature/one,token-env=ROBOT'];
    const args = ['build', ...main, '--build-context', ...named, '-f', '-', ...toFolder];
    const input = 'FROM scratch\nCOPY --from=lib state.txt /lib\nCOPY state.txt /main\n';
    good(await world.strake(args, { env, input }));
    expect([await built(world, 'lib'), await built(world, 'main')]).toEqual(['feature', 'first']);
    await world.assertClean();
  });

  it('by a config', async () => {
    await using world = await openStrake();
    await writeFiles(world.work, {
      'build.config.ts': `export default {
        images: {
          app: {
            context: '${bearer.url}/app.git',
            git: { branch: 'feature/one', tokenEnv: 'ROBOT', auth: 'bearer' },
            contexts: { lib: { location: '${basic.url}/app.git', git: { tag: 'light', username: '${username}', passwordEnv: 'MINE' } } },
            dockerfileText: 'FROM scratch\\nCOPY --from=lib state.txt /lib\\nCOPY state.txt /main\\n',
          },
        },
      };`,
    });
    const result = await world.strake(['build', 'app', ...toFolder], { env: { ROBOT: token, MINE: password } });
    expect([good(result).status, await built(world, 'lib'), await built(world, 'main')]).toEqual([
      0,
      'first',
      'feature',
    ]);
    const wrong = await world.strake(['build', 'app', ...toFolder]);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('git-context/VARIABLE_EMPTY') as string]);
    await world.assertClean();
  });

  it('makes the same image everywhere: another store, another umask, another time', async () => {
    const digestWith = async (umask: string): Promise<string> => {
      await using world = await openStrake();
      const build = await world.command(['build', `${basic.url}/app.git#annotated`, '-o', 'type=oci,dest=image.tar']);
      const env = { GIT_USERNAME: username, GIT_PASSWORD: password, SOURCE_DATE_EPOCH: '1700000001' };
      const result = await tryRun(['sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...build], {
        cwd: world.work,
        env: world.environment(env),
      });
      const { stdout, stderr } = good(result);
      return /sha256:[0-9a-f]{64}/.exec(stdout + stderr)?.[0] ?? 'no digest';
    };
    const first = await digestWith('077');
    expect(first).toMatch(/^sha256:/);
    expect(await digestWith('002')).toBe(first);
  });

  it('tells no credential: not in arguments of any program, output, store, image or temporary files', async () => {
    await using world = await openStrake();
    const trace = repositories.temp.at('trace');
    const traced = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> =>
      tryRun(
        [
          'strace',
          '-f',
          '--seccomp-bpf',
          '-qq',
          '-s',
          '100000',
          '-e',
          'trace=execve',
          '-A',
          '-o',
          trace,
          ...(await world.command(args)),
        ],
        { cwd: world.work, env: world.environment(env) },
      );
    const withLogin = basic.url.replace('://', `://${username}:${password}@`);
    const withToken = bearer.url.replace('http://', `git://${token}@`);
    const output = ['--progress', 'plain', '--debug', '-o', 'type=local,dest=out', '-o', 'type=oci,dest=image.tar'];
    const runs: readonly (readonly [string[], Record<string, string>?])[] = [
      [[`${withLogin}/app.git`, '--git', 'keep-git-dir']],
      [[`${basic.url}/app.git#trunk:svc/a`], { GIT_USERNAME: username, GIT_PASSWORD: password }],
      [[`${bearer.url}/app.git`, '--git', 'token-env=ROBOT,auth=bearer'], { ROBOT: token }],
      [[`${bearer.url}/app.git`], { GIT_TOKEN: token }],
      [[`${withLogin}/app.git#absent`]],
      [[`${withToken}/app.git`], { GIT_PULL_METHOD: 'http' }],
      [[`${basic.url}/app.git`], { GIT_TOKEN: token }],
    ];
    const told: string[] = [];
    const statuses: (number | null)[] = [];
    for (const [args, env] of runs) {
      const result = await traced(['build', ...args, ...output], env);
      statuses.push(result.status);
      told.push(result.stdout, result.stderr);
    }
    expect(statuses).toEqual([0, 0, 0, 0, 2, 1, 1]);
    // The first line of a run is our own command, which the user wrote.
    const lines = (await readFile(trace, 'utf8')).split('\n').filter((line) => !/"build", /.test(line));
    expect(lines.filter((line) => line.includes('"ls-remote"')).length).toBeGreaterThan(5);
    const encoded = [`${username}:${password}`, `x-access-token:${token}`, `${token}:`].map((it) =>
      Buffer.from(it).toString('base64'),
    );
    const secrets = [password, token, ...encoded];
    const guilty = secrets.filter((secret) => [...told, ...lines].some((text) => text.includes(secret)));
    expect(guilty).toEqual([]);
    const search = (words: readonly string[]): Promise<RunResult> =>
      tryRun([
        'grep',
        '-r',
        '-l',
        '-a',
        '-F',
        ...words.flatMap((word) => ['-e', word]),
        world.store,
        world.temp,
        world.work,
        world.home,
      ]);
    expect((await search(secrets)).stdout).toBe('');
    // The search finds what is there.
    expect((await search([`${basic.url}/app.git`])).stdout).toContain('.git/config');
    await world.assertClean();
  });

  it('ends git with the build, and leaves nothing behind', async () => {
    await using world = await openStrake();
    await using proxy = await startFaultProxy(basic.port, { stallAfter: 10 });
    const argv = await world.command(['build', `http://${proxy.host}/app.git`, ...toFolder]);
    await using running = startDaemon(argv, { cwd: world.work, env: world.environment() });
    await waitFor('git to ask', () => (proxy.connections() > 0 ? true : undefined));
    running.child.kill('SIGTERM');
    const status = await waitFor('the command to end', () => running.child.exitCode ?? undefined);
    expect(status).toBe(143);
    await world.assertClean();
  });
});
