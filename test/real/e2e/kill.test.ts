/** What is left when our processes are killed in the middle of their work: nothing, after the next run at the latest. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { customBase, type BaseImage } from '../../support/bases/base-image.ts';
import { busyboxImage } from '../../support/bases/busybox.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { registrySource } from '../../support/image-source.ts';
import { readImage } from '../../support/images.ts';
import { assertNothingLeft } from '../../support/leftovers.ts';
import { requirements } from '../../support/needs.ts';
import { userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { startDaemon, type Daemon } from '../../support/process.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait.ts';
import { startGate } from './gate.ts';
import { build, writeFiles } from './scene.ts';
import { holds, storeFaults, unfinished } from './whole-store.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'docker-registry',
  'busybox-static',
]);

type Who = 'root' | 'a user with subuids';
type Victim = 'the command' | 'the worker';

const userFor = async (who: Who): Promise<OrdinaryUser | undefined> =>
  who === 'root' ? undefined : await userWithSubuids();

/** A run that goes on while the test looks at it. */
async function start(world: StrakeWorld, args: readonly string[]): Promise<Daemon> {
  return startDaemon(await world.command(args), { cwd: world.work, env: world.environment() });
}

const end = async ({ child }: Daemon): Promise<number | NodeJS.Signals | null> =>
  waitFor('the command to end', () => child.exitCode ?? child.signalCode ?? undefined);

/** The worker of a command: its child that runs node. */
async function workerOf(command: number): Promise<number> {
  return waitFor('the worker', async () => {
    for (const name of await readdir('/proc')) {
      const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
      const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
      const parent = /^\d+ \(.*\) \S (\d+)/.exec(stat)?.[1];
      if (Number(parent) === command && /^[^\0]*node\0.*worker/s.test(line)) return Number(name);
    }
    return undefined;
  });
}

async function kill(victim: Victim, { child }: Daemon): Promise<void> {
  process.kill(victim === 'the command' ? child.pid! : await workerOf(child.pid!), 'SIGKILL');
}

/** Of a killed command nothing but its signal is known; one whose worker is killed says so. */
async function expectEnd(victim: Victim, running: Daemon): Promise<void> {
  const status = await end(running);
  if (victim === 'the command') expect(status).toBe('SIGKILL');
  else {
    expect(status, running.output()).toBe(1);
    expect(running.output()).toContain('WORKER_ENDED');
  }
}

/** busybox, and a layer of eight megabytes that cannot be compressed. */
async function noisyBase(folder: string): Promise<BaseImage> {
  const image = await busyboxImage('amd64');
  const tar = writeTar([{ path: 'noise', content: randomBytes(8_000_000) }]);
  return customBase(folder, 'noisy', [{ ...image, layers: [...image.layers, { tar }] }]);
}

/** The run must succeed, and nothing of the killed one may be left after it. */
async function expectCleanAfter<T>(world: StrakeWorld, next: () => Promise<T>): Promise<T> {
  const before = await holds(world);
  const result = await next();
  await world.assertClean();
  expect(await storeFaults(world)).toEqual([]);
  expect((await holds(world)).filter((path) => before.includes(path))).toEqual([]);
  return result;
}

const cases: readonly (readonly [Victim, Who])[] = [
  ['the command', 'root'],
  ['the worker', 'root'],
  ['the command', 'a user with subuids'],
  ['the worker', 'a user with subuids'],
];

suite('kill -9 in the middle', () => {
  it.for(cases)('of a RUN: %s, as %s', async ([victim, who]) => {
    const user = await userFor(who);
    const mark = randomUUID();
    await using registry = await startRegistry();
    await using gate = await startGate();
    await using world = await openStrake(user);
    await (await busyboxBase()).pushTo(registry);
    const Dockerfile = `FROM ${registry.host}/base/busybox
RUN mkdir -p /work/half && chown app /work && (setsid sh -c ': ${mark}; sleep 1000' &) && wget -q -O /answer ${gate.url}
`;
    await writeFiles(world.work, { Dockerfile }, user);
    const all = { directories: [world.store], marker: mark };

    await using running = await start(world, ['build', '.', '-t', 'app']);
    await Promise.race([gate.reached, end(running)]);
    await expect(assertNothingLeft(all, 0)).rejects.toThrow('sleep 1000');
    await kill(victim, running);
    await expectEnd(victim, running);
    // The kernel ends the rest: nobody has to come along and clean up.
    await assertNothingLeft(all);

    gate.open();
    await expectCleanAfter(world, () => build(world, ['.', '-t', 'app']));
  });

  it.for(cases)('of a download: %s, as %s', async ([victim, who]) => {
    const user = await userFor(who);
    await using registry = await startRegistry();
    await using folder = await tempDir('noisy');
    await (await noisyBase(folder.path)).pushTo(registry, 'noisy');
    // Bytes a second: the layer takes four seconds.
    await using slow = await startFaultProxy(registry.port, { rate: 2_000_000 });
    await using world = await openStrake(user);
    const Dockerfile = `FROM ${slow.host}/noisy\nRUN echo done > /done\n`;
    await writeFiles(world.work, { Dockerfile }, user);

    await using running = await start(world, ['build', '.', '-t', 'app']);
    await waitFor('half a layer', async () => {
      if (running.child.exitCode !== null) throw new Error(running.output());
      return registry.traffic().down > 1_000_000 && (await unfinished(world)).length > 0 ? true : undefined;
    });
    await kill(victim, running);
    if (victim === 'the worker') slow.setRule({});
    await expectEnd(victim, running);
    await assertNothingLeft({ directories: [world.store], marker: world.marker });
    if (victim === 'the command') expect((await unfinished(world)).length).toBeGreaterThan(0);

    slow.setRule({});
    await expectCleanAfter(world, () => build(world, ['.', '-t', 'app']));
  });

  it.for(cases)('of an upload: %s, as %s', async ([victim, who]) => {
    const user = await userFor(who);
    await using registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
    await using slow = await startFaultProxy(registry.port, { rate: 2_000_000, direction: 'up' });
    await using world = await openStrake(user);
    const Dockerfile = `FROM ${slow.host}/base/busybox\nRUN head -c 8000000 /dev/urandom > /noise\n`;
    await writeFiles(world.work, { Dockerfile }, user);
    const args = ['.', '-d', `${slow.host}/app:1`];

    await using running = await start(world, ['build', ...args]);
    await waitFor('half an upload', () => {
      if (running.child.exitCode !== null) throw new Error(running.output());
      return registry.traffic().up > 1_000_000 ? true : undefined;
    });
    await kill(victim, running);
    if (victim === 'the command') await expectEnd(victim, running);
    // All that is left to do goes without the worker.
    else expect(await finished(running, () => slow.setRule({})), running.output()).toBe(0);
    await assertNothingLeft({ directories: [world.store], marker: world.marker });
    if (victim === 'the command') expect(await tagsOf(registry, 'app')).toEqual([]);

    slow.setRule({});
    const { digest, stdout } = await expectCleanAfter(world, () => build(world, args));
    expect(stdout).toContain('1 step reused');
    expect((await readImage(registrySource(registry, 'app'), { reference: '1' })).digest).toBe(digest);
  });
});

/** Connections keep their pace: the upload takes ten seconds. */
async function finished({ child }: Daemon, faster: () => void): Promise<number | null> {
  faster();
  return waitFor('the build to end', () => child.exitCode ?? undefined, 60_000);
}

async function tagsOf(registry: TestRegistry, name: string): Promise<readonly string[]> {
  const response = await fetch(`${registry.direct}/v2/${name}/tags/list`);
  return ((await response.json()) as { tags?: string[] }).tags ?? [];
}

suite('an interrupt', () => {
  it.for([
    ['SIGINT', 130, 'root'],
    ['SIGTERM', 143, 'root'],
    ['SIGINT', 130, 'a user with subuids'],
    ['SIGTERM', 143, 'a user with subuids'],
  ] as const)('%s ends a RUN and all it started, with status %i, as %s', async ([signal, status, who]) => {
    const user = await userFor(who);
    const mark = randomUUID();
    await using registry = await startRegistry();
    await using gate = await startGate();
    await using world = await openStrake(user);
    await (await busyboxBase()).pushTo(registry);
    const script = `(setsid sh -c ': ${mark}; trap "" INT TERM; sleep 1000' &) && wget -q -O /answer ${gate.url}`;
    await writeFiles(world.work, { Dockerfile: `FROM ${registry.host}/base/busybox\nRUN ${script}\n` }, user);

    await using running = await start(world, ['build', '.', '-t', 'app']);
    await Promise.race([gate.reached, end(running)]);
    running.child.kill(signal);
    expect(await end(running)).toBe(status);
    expect(running.output()).toMatch(/interrupted\n$/);
    await assertNothingLeft({ marker: mark });
    await world.assertClean();
    // No next run is needed.
    expect(await storeFaults(world)).toEqual([]);
  });

  it('ends the command that strake run has started, and what that has started', async () => {
    await using registry = await startRegistry();
    await using gate = await startGate();
    await using world = await openStrake();
    await (await busyboxBase()).pushTo(registry);
    const script = `trap 'echo caught; exit 7' TERM; wget -q -O - ${gate.url} & wait`;
    await using running = await start(world, ['run', `${registry.host}/base/busybox`, 'sh', '-c', script]);
    await Promise.race([gate.reached, end(running)]);
    running.child.kill('SIGTERM');
    await end(running);
    await world.assertClean();
    expect(await storeFaults(world)).toEqual([]);
  });
});
