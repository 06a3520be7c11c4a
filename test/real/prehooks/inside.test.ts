/** Prehooks as people have them: on the command line and in configs, on this machine and inside images. */
import { randomUUID } from 'node:crypto';
import { access, lstat, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake } from '../../support/cli.ts';
import { assertNothingLeft } from '../../support/leftovers.ts';
import { requirements } from '../../support/needs.ts';
import { userWithoutSubuids, userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { startDaemon, tryRun, type RunResult } from '../../support/process.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { waitFor } from '../../support/wait.ts';
import { startGate } from '../e2e/gate.ts';
import { build, eventsOf, good, stepsOf, writeFiles } from '../e2e/scene.ts';
import { storeFaults } from '../e2e/whole-store.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'userns',
  'docker-registry',
  'busybox-static',
]);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** All that steps printed. */
const outputOf = (result: Pick<RunResult, 'stderr'>): string =>
  eventsOf(result)
    .map(({ type, text = '' }) => (type === 'output' ? text : ''))
    .join('');

suite('prehooks', () => {
  let registry: TestRegistry;
  let base: string;
  beforeAll(async () => {
    registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
    base = `${registry.host}/base/busybox`;
  });
  afterAll(() => registry.stop());

  const files = (prebuild: string): Record<string, string> => ({
    'build.config.ts': `import { defineConfig, prehook, run, Secret } from 'strake';
export default defineConfig({ images: { app: { prebuild: [${prebuild}] } } });
`,
    Dockerfile: 'FROM scratch\nCOPY gen /gen\n',
    'src/a': 'a\n',
    'src/b': 'b\n',
  });
  const inside = (command: string, more = ''): string =>
    `run(${JSON.stringify(command)}, { in: '${base}', inputs: ['src/**'], outputs: ['gen'], ${more} })`;
  it.for<readonly [string, (() => Promise<OrdinaryUser>) | undefined]>([
    ['root', undefined],
    ['a user with subuids', userWithSubuids],
    ['a user with a single id', userWithoutSubuids],
  ])('inside an image leave the folder alone, and their outputs come out once and for all, as %s', async ([, find]) => {
    const user = await find?.();
    await using world = await openStrake(user);
    const command =
      'id -u; pwd; mkdir -p gen/deep; cat src/* > gen/deep/all; chmod 750 gen; rm src/a; echo changed > src/b; touch litter';
    await writeFiles(world.work, files(inside(command)), user);
    const before = await lstat(join(world.work, 'src'));

    const first = await build(world, ['app']);
    expect(outputOf(first)).toBe('0\n/work\n');
    expect(stepsOf(first)).toEqual(['[1/1] COPY gen /gen: end', `[app prebuild 1/1] ${command}: end`]);
    expect((await readdir(world.work)).toSorted()).toEqual(['Dockerfile', 'build.config.ts', 'src']);
    expect([
      await readFile(join(world.work, 'src/a'), 'utf8'),
      await readFile(join(world.work, 'src/b'), 'utf8'),
    ]).toEqual(['a\n', 'b\n']);
    expect((await lstat(join(world.work, 'src'))).mtimeMs).toBe(before.mtimeMs);

    const again = await build(world, ['app']);
    expect(again.digest).toBe(first.digest);
    expect(stepsOf(again)).toEqual([
      '[1/1] COPY gen /gen: cached (asked)',
      `[app prebuild 1/1] ${command}: cached (asked)`,
    ]);

    await writeFiles(world.work, { 'src/a': 'other\n' }, user);
    const changed = await build(world, ['app']);
    expect(stepsOf(changed)).toEqual(['[1/1] COPY gen /gen: end', `[app prebuild 1/1] ${command}: end`]);
    expect(changed.digest).not.toBe(first.digest);
    await world.assertClean();
  });

  it('inside an image see what earlier ones made, though the folder does not have it', async () => {
    await using world = await openStrake();
    const count = `run('wc -c < gen/all > size', { in: '${base}', inputs: ['gen/**'], outputs: ['size'] })`;
    const both = [inside('mkdir gen; cat src/* > gen/all'), count].join(', ');
    await writeFiles(world.work, { ...files(both), Dockerfile: 'FROM scratch\nCOPY size /\n' });
    await build(world, ['app']);
    expect(await exists(join(world.work, 'size'))).toBe(false);
    expect(stepsOf(await build(world, ['app'])).map((line) => line.replace(/.*: /, ''))).toEqual([
      'cached (asked)',
      'cached (asked)',
      'cached (asked)',
    ]);
    const ran = await world.strake(['build', 'app', '-o', 'type=local,dest=out', '-q']);
    expect(ran.status).toBe(0);
    expect((await readFile(join(world.work, 'out/size'), 'utf8')).trim()).toBe('4');
  });

  it('that fail inside an image fail as a RUN does', async () => {
    await using world = await openStrake();
    await writeFiles(world.work, files(inside('echo so far; echo so bad >&2; exit 7')));
    const failed = await world.strake(['build', 'app', '--progress', 'plain', '--metadata-file', 'meta.json']);
    expect(failed.status).toBe(7);
    expect(failed.stderr).toMatch(/PREBUILD_FAILED[^]*so far[^]*so bad[^]*build\.config\.ts:2/);
    const log = / log +(\S+)/.exec(failed.stderr)![1]!;
    expect((await readFile(log, 'utf8')).split('\n').toSorted()).toEqual(['', 'so bad', 'so far']);
    expect(JSON.parse(await readFile(join(world.work, 'meta.json'), 'utf8'))).toMatchObject({ 'strake.exit': 7 });

    await writeFiles(world.work, files(inside('sleep 1000', 'timeout: 0.5')));
    const late = await world.strake(['build', 'app']);
    expect([late.status, late.stderr]).toEqual([1, expect.stringContaining('PREBUILD_LATE') as string]);

    const within = await world.strake(['build', 'app'], { env: { STRAKE_HOME: join(world.work, 'store') } });
    expect([within.status, within.stderr]).toEqual([2, expect.stringContaining('PREBUILD_STORE_INSIDE') as string]);
    await rm(join(world.work, 'store'), { recursive: true });
    await world.assertClean();
  });

  it('of one machine spare another one the work, by a cache in a registry', async () => {
    const own = `run('mkdir -p gen; cat src/* > gen/all', { inputs: ['src/**'], outputs: ['gen'] })`;
    const cache = `type=registry,ref=${registry.host}/team/prehooks`;
    await using one = await openStrake();
    await writeFiles(one.work, files(own));
    const first = await build(one, ['app', '--cache-to', `${cache},mode=max`]);
    expect(await readFile(join(one.work, 'gen/all'), 'utf8')).toBe('a\nb\n');

    await using other = await openStrake(await userWithSubuids());
    await writeFiles(other.work, files(own), await userWithSubuids());
    const second = await build(other, ['app', '--cache-from', cache]);
    expect(second.digest).toBe(first.digest);
    expect(stepsOf(second)).toEqual([
      '[1/1] COPY gen /gen: cached (asked)',
      expect.stringMatching(/^\[app prebuild 1\/1\] .*: cached \(asked\)$/),
    ]);
    expect((await readdir(other.work)).toSorted()).toEqual(['Dockerfile', 'build.config.ts', 'src']);
  });

  it.for([
    ['on this machine', []],
    ['inside an image', ['in']],
  ] as const)('of a context that came from elsewhere work on a copy of it, %s', async ([, isInside]) => {
    await using world = await openStrake();
    const input = writeTar([
      { path: 'Dockerfile', content: 'FROM scratch\nCOPY gen /gen\n' },
      { path: 'src/a', content: 'a\n' },
    ]);
    const settings = ['inputs=src/**', 'outputs=gen', ...isInside.map((key) => `${key}=${base}`)];
    const args = ['build', '-', '-t', 'app', '--progress', 'json'].concat(
      ['--prebuild', 'mkdir gen; cat src/* > gen/all; touch litter'],
      settings.flatMap((one) => ['--prebuild-with', one]),
    );
    const states = async (): Promise<string[]> => {
      const result = good(await world.strake(args, { input }));
      return stepsOf(result).map((line) => line.replace(/^.*: /, ''));
    };
    expect(await states()).toEqual(['end', 'end']);
    expect(await states()).toEqual(['cached (asked)', 'cached (asked)']);
    expect(await readdir(world.work)).toEqual([]);
    await world.assertClean();
  });

  it.for([
    ['on this machine', ''],
    ['inside an image', 'inside'],
  ])('killed in the middle leave nothing, %s', async ([, where]) => {
    const mark = randomUUID();
    await using gate = await startGate();
    await using world = await openStrake();
    // What sends itself to the background and takes no hint is of the group all the same.
    const command = `(trap "" TERM HUP; : ${mark}; sleep 1000) & mkdir -p gen; busybox wget -q -O gen/answer ${gate.url}`;
    const options = where === '' ? `inputs: ['src/**'], outputs: ['gen']` : '';
    await writeFiles(
      world.work,
      files(where === '' ? `run(${JSON.stringify(command)}, { ${options} })` : inside(command)),
    );
    await using running = startDaemon(await world.command(['build', 'app']), {
      cwd: world.work,
      env: world.environment(),
    });
    await Promise.race([
      gate.reached,
      waitFor('an early end', () => running.child.exitCode ?? undefined, 60_000).then(() => {
        throw new Error(running.output());
      }),
    ]);
    const all = { directories: [world.store], marker: mark };
    await expect(assertNothingLeft(all, 0)).rejects.toThrow('sleep 1000');
    process.kill(running.child.pid!, 'SIGKILL');
    await assertNothingLeft(all);
    await assertNothingLeft({ directories: [world.store], marker: world.marker });

    gate.open();
    const killed = `mkdir -p gen; busybox wget -q -O gen/answer ${gate.url}`;
    await writeFiles(
      world.work,
      files(where === '' ? `run(${JSON.stringify(killed)}, { ${options} })` : inside(killed)),
    );
    await build(world, ['app']);
    await world.assertClean();
    expect(await storeFaults(world)).toEqual([]);
  });

  it('keep secrets to themselves', async () => {
    const secret = randomUUID();
    await using world = await openStrake();
    const env = `env: { TOKEN: new Secret(process.env.TOKEN) }`;
    const command = 'mkdir -p gen; echo $TOKEN; echo ${#TOKEN} > gen/length; exit $CODE';
    const here = `run(${JSON.stringify(command)}, { inputs: ['src/**'], outputs: ['gen'], ${env} })`;
    await writeFiles(world.work, files(`${here}, ${inside(command, env)}`));
    const environment = { TOKEN: secret, CODE: '0' };
    const shown = [
      await build(world, ['app'], { env: environment }),
      await world.strake(['plan', 'app', '--json'], { env: environment }),
      await world.strake(['config', '--json'], { env: environment }),
      await world.strake(['build', 'app', '--no-cache', '--progress', 'plain'], { env: { ...environment, CODE: '3' } }),
    ];
    expect(shown.map(({ status }) => status)).toEqual([0, 0, 0, 3]);
    expect(JSON.stringify(shown.map(({ stdout, stderr }) => [stdout, stderr]))).not.toContain(secret);
    expect(await readFile(join(world.work, 'gen/length'), 'utf8')).toBe('36\n');
    const grep = await tryRun(['grep', '-r', '-l', secret, world.store, world.work, world.temp, world.home]);
    expect([grep.status, grep.stdout]).toEqual([1, '']);
  });
});
