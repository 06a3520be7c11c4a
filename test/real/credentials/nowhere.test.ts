/**
 * One build with every kind of login there is; none of them is seen anywhere but on the wire: not in what is printed, in
 * arguments of programs, in files (also those that are gone when the build ends), in layers, configs, records and caches.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { findTexts } from '../../support/look-through.ts';
import { requirements } from '../../support/needs.ts';
import type { RunResult } from '../../support/process.ts';
import { makeAuthority } from '../../support/servers/certificates.ts';
import { s3Needs } from '../../support/servers/s3.ts';
import { runTraced, type Trace } from '../../support/trace.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { good, writeFiles } from '../e2e/scene.ts';
import { everyLogin, type Login } from './every-login.ts';

const { suite } = await requirements(import.meta.url, [
  ...s3Needs,
  'mounts',
  'git',
  'openssh-server',
  'nginx',
  'squid',
  'apache2-utils',
  'openssl',
  'azurite',
  'gcs-emulator',
  'docker-registry',
  'busybox-static',
  'strace',
]);

suite('every login', () => {
  const open = new AsyncDisposableStack();
  let world: StrakeWorld;
  let logins: Required<Login>;
  let folder: string;
  const prehookSecret = 'secret-of-the-prehook-5d81';
  const wrong = 'a-wrong-secret-9e27';
  const results: RunResult[] = [];
  const traces: Trace[] = [];

  beforeAll(async () => {
    const directory = open.use(await tempDir('logins'));
    folder = directory.path;
    const authority = await makeAuthority(directory.at('authority'));
    logins = await everyLogin({ folder, authority, open });
    world = open.use(await openStrake());
    await writeFiles(world.work, {
      'build.config.ts': configText(),
      Dockerfile: [
        `FROM ${logins.base}`,
        ...names().map((name) => `COPY --from=${name} mark /${name}`),
        // A command may know the way out, with its login; it sees it and must not show it.
        'RUN env | grep -vi proxy > /seen; cat /proc/self/mountinfo >> /seen; echo by $http_proxy',
        'COPY gen /gen',
        '',
      ].join('\n'),
    });
    await mkdir(join(world.home, '.docker'));
    await writeFiles(world.home, { '.docker/config.json': JSON.stringify(logins.docker) });
  }, 600_000);
  afterAll(() => open.disposeAsync());

  const names = (): string[] => [logins.contexts, logins.locations].flatMap((part) => Object.keys(part));
  const configText = (): string => `import { defineConfig, run, Secret } from 'strake';
export default defineConfig(async ({ env }) => ({
  plugins: [${logins.plugins.join(', ')}],
  settings: {
    registries: ${JSON.stringify(logins.registries)},
    cacheFrom: ${JSON.stringify(logins.caches)},
    cacheTo: ${JSON.stringify(logins.caches.map((cache) => `${cache},mode=max`))},
  },
  images: {
    app: {
      prebuild: [run('echo said $HOOK; echo \${#HOOK} > gen', { outputs: ['gen'], env: { HOOK: new Secret(env.HOOK) } })],
      contexts: ${JSON.stringify(logins.contexts)},
    },
  },
}));
`;

  /** Of the command, with all logins; `env` may spoil one. */
  async function traced(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    const { result, trace } = await runTraced(await world.command(args), join(folder, 'trace'), {
      cwd: world.work,
      env: world.environment({ ...logins.env, HOOK: prehookSecret, ...env }),
    });
    results.push(result);
    // The first program is the command itself, whose arguments are its user's.
    traces.push({ ...trace, started: trace.started.slice(1) });
    return result;
  }
  const located = (): string[] =>
    Object.entries(logins.locations).flatMap(([name, at]) => ['--build-context', `${name}=${at}`]);
  const build = (...args: readonly string[]): string[] => [
    'build',
    'app',
    '--progress',
    'plain',
    '--debug',
    ...located(),
    ...args,
  ];

  const destinations = (): string[] => logins.destinations.flatMap((destination) => ['-d', destination]);

  it('opens contexts, registries and caches', async () => {
    const files = ['-o', 'type=oci,dest=out,tar=false', '-o', 'type=local,dest=files', '--metadata-file', 'meta.json'];
    good(await traced(build(...files, ...destinations())));
    const marks = names().map((name) => `mark of ${name}`);
    expect(await findTexts([join(world.work, 'files')], marks)).toHaveLength(marks.length);
    for (const stored of logins.stored) expect(await findTexts([stored], ['mark of ssh'])).not.toEqual([]);
    expect(new Set(logins.received()).size).toBeGreaterThan(10);
  });

  it.each(['GIT_WORD', 'GIT_ROBOT', 'GIT_TOKEN', 'WEB_WORD', 'WEB_TOKEN', 'AWS_SECRET_ACCESS_KEY'])(
    'is refused where %s is wrong',
    async (name) => {
      const { status, stderr } = await traced(build(), { [name]: wrong });
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/✗ .*DENIED|REFUSED/) as unknown });
    },
  );

  it.each(['KANIKO_127_0_0_1_PASSWORD', 'CI_JOB_TOKEN'])('is refused where %s is wrong', async (name) => {
    const { status, stderr } = await traced(build(...destinations()), { [name]: wrong });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('REGISTRY_DENIED') as unknown });
  });

  it('is there for what tells of it, and is not told', async () => {
    const json = [['config'], ['plugins'], ['cache', 'ls'], ['plan', 'app', ...located()]].map((args) => [
      ...args,
      '--json',
    ]);
    for (const args of [...json, ['doctor']]) good(await traced(args));
  });

  it('is nowhere', async () => {
    const received = logins.received().flatMap((value) => value?.replace(/^\w+ /, '') ?? []);
    const plain = [...logins.secrets, prehookSecret, wrong];
    const coded = plain.flatMap((secret) => [encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);
    const secrets = [...new Set([...plain, ...coded, ...received])];
    const places: Record<string, readonly string[]> = {
      output: results.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      arguments: traces.flatMap(({ started }) => started),
      'written files': traces.flatMap(({ written }) => written),
    };
    const seen = (text: string): string[] =>
      Object.keys(places).filter((place) => places[place]!.some((line) => line.includes(text)));
    await rm(join(world.home, '.docker'), { recursive: true });
    const folders = [world.store, world.temp, world.work, world.home, ...logins.stored];
    expect(secrets.flatMap((secret) => seen(secret).map((place) => `${place}: ${secret}`))).toEqual([]);
    expect(await findTexts(folders, secrets)).toEqual([]);
    expect(places['output']!.join('')).toContain('by http://carol:***@127.0.0.1');
    // What is no secret is found by the same search.
    expect(seen('/basic.git')).toEqual(['output', 'arguments', 'written files']);
  });
});
