/** Every form in which a login may be given, with real builds against a real registry; and where it is never seen. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStrake, type StrakeResult, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry', 'apache2-utils', 'strace']);

/** One user a form, so that a secret that is seen somewhere tells which it is. */
const users = {
  file: 'pw-of-the-file-7d1',
  inline: 'pw-of-the-variable-8e2',
  named: 'pw-of-the-named-file-9f3',
  path: 'pw-of-the-path-1a4',
  helper: 'pw-of-the-helper-2b5',
  store: 'pw-of-the-store-3c6',
  kaniko: 'pw-of-kaniko-4d7',
  'gitlab-ci-token': 'pw-of-the-job-5e8',
};

const auth = (user: keyof typeof users): string => Buffer.from(`${user}:${users[user]}`).toString('base64');

suite('logins in all their forms', () => {
  let registry: TestRegistry;
  let world: StrakeWorld;
  beforeAll(async () => {
    registry = await startRegistry({ auth: 'basic', users });
  });
  beforeEach(async () => {
    registry.clearRequests();
    world = await openStrake();
    await write('work/Dockerfile', 'FROM scratch\nCOPY Dockerfile /\n');
  });
  afterEach(async () => {
    await world.assertClean();
    await world[Symbol.asyncDispose]();
  });
  afterAll(() => registry.stop());

  async function write(path: string, content: string | object): Promise<string> {
    const file = join(world.home, '..', path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }
  async function helper(name: string, script: string): Promise<void> {
    await chmod(await write(`bin/docker-credential-${name}`, `#!/bin/sh\nread -r server\n${script}\n`), 0o755);
  }
  const path = (): string => `${join(world.home, '../bin')}:/usr/sbin:/usr/bin:/sbin:/bin`;
  const config = (content: object): Promise<string> => write('home/.docker/config.json', content);
  const push = (env: Readonly<Record<string, string>> = {}): Promise<StrakeResult> =>
    world.strake(['build', '.', '-t', `${registry.host}/team/app:1`, '--push', '--progress', 'json'], {
      env: { PATH: path(), ...env },
    });
  /** Who was let in. */
  const who = (): string[] => [
    ...new Set(
      registry.requests().flatMap(({ headers, status }) => {
        const pair = headers.authorization && Buffer.from(headers.authorization.slice(6), 'base64').toString();
        return pair && status < 400 ? [pair.split(':')[0]!] : [];
      }),
    ),
  ];

  const forms: readonly (readonly [keyof typeof users, () => Promise<Record<string, string>>])[] = [
    ['file', async () => (await config({ auths: { [registry.host]: { auth: auth('file') } } }), {})],
    [
      'inline',
      async () => ({ DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth: auth('inline') } } }) }),
    ],
    [
      'named',
      async () => ({
        REGISTRY_AUTH_FILE: await write('auth.json', { auths: { [registry.host]: { auth: auth('named') } } }),
      }),
    ],
    [
      'path',
      async () => {
        const others = { [registry.host]: { auth: auth('file') }, [`${registry.host}/other`]: { auth: auth('named') } };
        await config({ auths: { ...others, [`${registry.host}/team`]: { auth: auth('path') } } });
        return {};
      },
    ],
    [
      'helper',
      async () => {
        await helper('one', `echo ${users.helper} >&2; echo '{"Username":"helper","Secret":"${users.helper}"}'`);
        await config({ credHelpers: { [registry.host]: 'one' }, credsStore: 'absent' });
        return {};
      },
    ],
    [
      'store',
      async () => {
        await helper(
          'all',
          `[ "$server" = ${registry.host} ] && echo '{"Username":"store","Secret":"${users.store}"}'`,
        );
        await config({ credsStore: 'all' });
        return {};
      },
    ],
    ['kaniko', async () => ({ KANIKO_127_0_0_1_USER: 'kaniko', KANIKO_127_0_0_1_PASSWORD: users.kaniko })],
    ['gitlab-ci-token', async () => ({ CI_REGISTRY: registry.host, CI_JOB_TOKEN: users['gitlab-ci-token'] })],
  ];

  it.each(forms)('%s: it is used, and stands nowhere', async (user, prepare) => {
    const env = await prepare();
    const trace = join(world.home, '../trace');
    const strake = await world.command([
      'build',
      '.',
      '-t',
      `${registry.host}/team/app:1`,
      '--push',
      '--progress',
      'json',
    ]);
    const traced = ['strace', '-f', '-qq', '-e', 'trace=execve', '-s', '9999', '-o', trace, ...strake];
    const built = await run(traced, { cwd: world.work, env: world.environment({ PATH: path(), ...env }) });
    expect(who()).toEqual([user]);
    const argv = await readFile(trace, 'utf8');
    expect(argv).toContain('execve(');
    const places = [built.stdout, built.stderr, argv];
    for (const folder of [world.store, world.temp, registry.storage]) places.push(...(await contentsOf(folder)));
    expect(places.length).toBeGreaterThan(8);
    const known = [users[user], auth(user), Buffer.from(users[user]).toString('base64').slice(0, -4)];
    for (const secret of known) expect(places.filter((text) => text.includes(secret))).toEqual([]);
  });

  it('what the command tells of itself holds none of them', async () => {
    const env: Record<string, string> = { PATH: path() };
    for (const [, prepare] of forms) Object.assign(env, await prepare());
    await write(
      'work/build.config.ts',
      'export default ({ env }) => ({ images: { app: { args: { A: String(env.HOME) } } } });',
    );
    for (const args of [
      ['config', '--json'],
      ['plan', '--json'],
      ['plugins', '--json'],
    ]) {
      const { status, stdout, stderr } = await world.strake(args, { env });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const secret of Object.values(users)) expect(stdout).not.toContain(secret);
    }
  });

  it('one that is wrong is told with who gave it and what to do, and with nothing secret', async () => {
    const file = await config({
      auths: { [registry.host]: { auth: Buffer.from('file:wrong-word').toString('base64') } },
    });
    const failed = await push();
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(`(asked with file (docker-credentials, ${file}))`);
    expect(failed.stderr).toContain(`strake login ${registry.host}`);
    expect(failed.stderr).not.toContain('wrong-word');
    const job = await push({ CI_REGISTRY: registry.host, CI_JOB_TOKEN: 'ended-token', DOCKER_CONFIG: '/nonexistent' });
    expect(job.stderr).toMatch(/gitlab-ci-token \(gitlab-credentials, CI_JOB_TOKEN\)[^]*job token allowlist/);
    expect(job.stderr).not.toContain('ended-token');
  });

  it('no host and no name but the registry’s own is asked, whatever clouds the environment knows', async () => {
    const watch = join(world.home, '../watch');
    await writeFile(watch, '');
    const preload = fileURLToPath(new URL('../../support/network-watch.mjs', import.meta.url));
    const failed = await push({
      NODE_OPTIONS: `--import=${preload}`,
      NETWORK_WATCH: watch,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
      AZURE_CLIENT_SECRET: 'azure-secret',
      GOOGLE_APPLICATION_CREDENTIALS: '/nonexistent',
      CI_REGISTRY: 'registry.gitlab.example',
      CI_JOB_TOKEN: 'job-token',
    });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('asked with no credentials');
    const seen = new Set((await readFile(watch, 'utf8')).trim().split('\n'));
    expect([...seen]).toEqual([`connect ${registry.host}`]);
  });
});

async function contentsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
}
