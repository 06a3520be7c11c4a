/** The store as people use it: run an image, list, make room, serve it to others. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake, type StrakeResult, type StrakeWorld } from '../../support/cli.ts';
import { skopeoCopy } from '../../support/container-tools.ts';
import { layoutSource } from '../../support/image-source.ts';
import { readImage, readManifest } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import type { Manifest } from '../../support/oci-types.ts';
import { userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { startDaemon, type Daemon } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { waitFor } from '../../support/wait.ts';
import { build, downloadedBlobs, good, requestLines, writeFiles } from './scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'docker-registry',
  'busybox-static',
  'skopeo',
]);

const people: readonly (readonly [string, () => Promise<OrdinaryUser | undefined>])[] = [
  ['root', async () => undefined],
  ['a user with subuids', userWithSubuids],
];

for (const [who, find] of people) {
  suite(`strake run, by ${who}`, () => {
    let registry: TestRegistry;
    let world: StrakeWorld;
    let user: OrdinaryUser | undefined;
    const run = (args: readonly string[], options?: Parameters<StrakeWorld['strake']>[1]): Promise<StrakeResult> =>
      world.strake(['run', ...args], options);
    const output = async (...args: readonly string[]): Promise<string> => good(await run(args)).stdout;

    beforeAll(async () => {
      user = await find();
      registry = await startRegistry();
      world = await openStrake(user);
      await (await busyboxBase()).pushTo(registry);
      const Dockerfile = `FROM ${registry.host}/base/busybox
RUN mkdir /data && chown app /data
ENV WHO=image MORE=more
WORKDIR /data
USER app
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["id -un; pwd; echo $WHO $MORE"]
`;
      await writeFiles(world.work, { Dockerfile }, user);
      await build(world, ['.', '-t', 'app']);
    });
    afterAll(async () => {
      await world.assertClean();
      await world[Symbol.asyncDispose]();
      await registry.stop();
    });

    it('runs what the image says, as whom and where it says', async () => {
      expect(await output('app')).toBe('app\n/data\nimage more\n');
    });

    it('gives the status of the command, also of one that a signal ends', async () => {
      expect((await run(['app', 'exit 42'])).status).toBe(42);
      expect((await run(['app', 'kill -9 $$'])).status).toBe(137);
      const missing = await run(['--entrypoint', '/no/such', 'app']);
      expect(missing.status).toBe(127);
    });

    it('keeps what goes to the two streams apart, byte for byte', async () => {
      const both = good(await run(['app', 'printf "out\\0\\377"; echo err >&2']));
      expect(both.bytes).toEqual(Buffer.from('out\0\xff', 'latin1'));
      expect(both.stderr).toBe('err\n');
    });

    it('hands its own input on', async () => {
      const input = Buffer.alloc(300_000, 'a line\n');
      const { stdout } = good(await run(['app', 'wc -c'], { input }));
      expect(stdout.trim()).toBe('300000');
    });

    it('takes variables, with values or with those of its own environment', async () => {
      const flags = [
        '-e',
        'WHO=me',
        '-e',
        'MORE',
        '--env=UNSET',
        'app',
        'echo $WHO $MORE ${UNSET-nothing} ${HIDDEN-nothing}',
      ];
      const { stdout } = good(await run(flags, { env: { MORE: 'from here', HIDDEN: 'secret' } }));
      expect(stdout).toBe('me from here nothing nothing\n');
    });

    it('takes another user, place, entrypoint and host', async () => {
      const asked = [
        '-u',
        '1234:5',
        '-w',
        '/tmp',
        '--entrypoint',
        '/bin/busybox',
        'app',
        'sh',
        '-c',
        'id -u; id -g; pwd',
      ];
      expect(await output(...asked)).toBe('1234\n5\n/tmp\n');
      expect(await output('app', 'ls /sys/class/net').then((text) => text.trim().split('\n'))).toContain('lo');
      expect(await output('--network', 'none', 'app', 'cat /proc/net/dev').then((text) => text.match(/\w+:/g))).toEqual(
        ['lo:'],
      );
    });

    it('shows paths of the machine inside, for writing and for reading alone', async () => {
      await writeFiles(world.work, { 'seen/file': 'from outside\n' }, user);
      const writing = ['-u', 'root', '-v', './seen:/in/deep', 'app', 'cat /in/deep/file; echo new > /in/deep/new'];
      expect(await output(...writing)).toBe('from outside\n');
      expect(await readFile(join(world.work, 'seen/new'), 'utf8')).toBe('new\n');
      // Root inside is whoever builds outside.
      expect((await stat(join(world.work, 'seen/new'))).uid).toBe(user?.uid ?? 0);
      const reading = await run(['-u', 'root', '-v', `${world.work}/seen/file:/f:ro`, 'app', 'cat /f; echo x > /f']);
      expect(reading.stdout).toBe('from outside\n');
      expect(reading.status).not.toBe(0);
      expect(await readFile(join(world.work, 'seen/file'), 'utf8')).toBe('from outside\n');
    });

    it('forgets what was written, and runs images of registries', async () => {
      expect(await output('app', 'echo x > /data/x; ls /data')).toBe('x\n');
      expect(await output('app', 'ls /data')).toBe('');
      expect(await output(`${registry.host}/base/busybox`, 'sh', '-c', 'echo hello')).toBe('hello\n');
    });

    it('says what is missing of the command line or the image', async () => {
      const nothing = await run([`${registry.host}/base/nothing`]);
      expect(nothing.status).toBe(1);
      expect(nothing.stderr).toMatch(/REGISTRY_NAME_UNKNOWN|MANIFEST_UNKNOWN/);
      expect(await run(['-v', 'relative', 'app'])).toMatchObject({ status: 2 });
    });
  });
}

suite('strake ls and strake prune', () => {
  it('show the images, and never touch them', async () => {
    await using registry = await startRegistry();
    await using world = await openStrake();
    await (await busyboxBase()).pushTo(registry);
    const base = `${registry.host}/base/busybox`;
    expect(good(await world.strake(['ls'])).stdout).toBe('The store has no images yet.\n');
    await writeFiles(world.work, { Dockerfile: `FROM ${base}\nRUN echo kept > /kept\nCOPY f /f\n`, f: 'f' });
    const { digest } = await build(world, ['.', '-t', 'app:1', '-t', 'other']);
    await writeFiles(world.work, { other: `FROM ${base}\nRUN head -c 3000000 /dev/urandom > /noise\n` });
    await build(world, ['.', '-f', 'other', '-d', `${registry.host}/pushed:1`]);

    const listed = good(await world.strake(['ls', '--json'])).json() as Record<string, unknown>[];
    expect(listed.map(({ name, digest: own, platforms }) => [name, own, platforms])).toEqual(
      ['app:1', 'other:latest'].map((name) => [name, digest, ['linux/amd64']]),
    );
    const table = good(await world.strake(['ls'])).stdout;
    expect(table).toMatch(/^NAME +DIGEST +SIZE +PLATFORMS +SINCE\n/);
    expect(table).toContain(`app:1         ${digest.slice(7, 19)}`);

    // Little is there and all of it is fresh: nothing has to go.
    expect(good(await world.strake(['prune', '--json'])).json()).toMatchObject({ freed: 0, files: 0, layers: 0 });
    const pruned = good(await world.strake(['prune', '--all', '--json'])).json() as Record<string, number>;
    expect(pruned['freed']).toBeGreaterThan(3_000_000);
    expect(pruned['layers']).toBeGreaterThan(0);
    const folder = join(world.store, 'blobs/sha256');
    const { config, layers } = JSON.parse(await readFile(join(folder, digest.slice(7)), 'utf8')) as Manifest;
    const needed = [digest, config.digest, ...layers.map((layer) => layer.digest)];
    expect((await readdir(folder)).sort()).toEqual(needed.map((one) => one.slice(7)).sort());
    expect(await readdir(join(world.store, 'records'))).toEqual([]);
    await expect(readdir(join(world.store, 'layers/root/by-diff'))).resolves.toEqual([]);
    expect(good(await world.strake(['ls', '--json'])).json()).toEqual(listed);

    expect(good(await world.strake(['run', 'app:1', 'cat', '/kept'])).stdout).toBe('kept\n');
    expect(good(await world.strake(['prune', '-a'])).stdout).toMatch(/^Freed [\d.]+ [kM]?B \(/);
    await world.assertClean();
  });

  it('with an age or a size, what was used last stays', async () => {
    await using world = await openStrake();
    const context = { Dockerfile: 'FROM scratch\nARG N\nCOPY $N /f\n', a: 'a'.repeat(10_000), b: 'b' };
    await writeFiles(world.work, context);
    const at = (name: string): string[] => ['.', '--build-arg', `N=${name}`, '-o', `type=oci,dest=${name}.tar`];
    for (const name of ['a', 'b']) await build(world, at(name));
    const young = good(await world.strake(['prune', '--older-than', '1h', '--json'])).json();
    expect(young).toMatchObject({ freed: 0 });
    const stepsAgain = async (): Promise<string> => (await build(world, at('b'))).stdout;
    expect(await stepsAgain()).toContain('1 step reused');
    expect(good(await world.strake(['prune', '--older-than', '0h', '--json'])).json()).not.toMatchObject({ freed: 0 });
    expect(await stepsAgain()).toContain('1 step run');
    expect((await world.strake(['prune', '--keep-storage', 'much'])).status).toBe(2);
    expect(good(await world.strake(['prune', '--keep-storage', '1kB', '--json'])).json()).not.toMatchObject({
      freed: 0,
    });
    await world.assertClean();
  });
});

suite('strake serve', () => {
  let world: StrakeWorld;
  let served: Daemon;
  let host: string;
  let credentials: { username: string; password: string };

  beforeEach(async () => {
    world = await openStrake();
    const command = await world.command(['serve', '--listen', '127.0.0.1:0', '--token-file', 'token']);
    served = startDaemon(command, { cwd: world.work, env: world.environment() });
    const url = await waitFor('the address', () => /^http:\/\/(\S+)\n/m.exec(served.output())?.[1]);
    host = url;
    credentials = { username: 'whoever', password: await readFile(join(world.work, 'token'), 'utf8') };
  });
  afterEach(async () => {
    served.child.kill('SIGTERM');
    expect(await waitFor('the end', () => served.child.exitCode ?? undefined)).toBe(0);
    await world.assertClean();
    await world[Symbol.asyncDispose]();
  });

  it('gives what was built, with the layers of its base fetched from where they lie', async () => {
    await using registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
    await writeFiles(world.work, { Dockerfile: `FROM ${registry.host}/base/busybox\nCOPY --link f /f\n`, f: 'f' });
    const { digest } = await build(world, ['.', '-t', 'app:1']);
    expect(downloadedBlobs(registry).length).toBe(1);
    const copy = join(world.work, 'copy');
    // No password is needed to read.
    good(await skopeoCopy(`docker://${host}/app:1`, `oci:${copy}:latest`));
    const image = await readImage(layoutSource(copy));
    expect(image.digest).toBe(digest);
    expect(image.listing.find((entry) => entry.path === 'f')).toMatchObject({ type: 'file' });
    expect(
      requestLines(registry).filter((line) => line.includes(image.manifest.layers[0]!.digest.slice(7, 19))),
    ).toEqual([`GET /v2/base/busybox/blobs/${image.manifest.layers[0]!.digest.slice(7, 19)} 200`]);
  });

  it('takes what others push, for whom the token is the password', async () => {
    const { directory, descriptor } = await busyboxBase();
    const refused = await skopeoCopy(`oci:${directory}:latest`, `docker://${host}/team/pushed:1`);
    expect(refused.status).not.toBe(0);
    const wrong = { username: 'whoever', password: 'guessed' };
    const guessed = await skopeoCopy(`oci:${directory}:latest`, `docker://${host}/team/pushed:1`, {
      credentials: wrong,
    });
    expect(guessed.status).not.toBe(0);
    expect(good(await world.strake(['ls', '--json'])).json()).toEqual([]);

    good(await skopeoCopy(`oci:${directory}:latest`, `docker://${host}/team/pushed:1`, { credentials }));
    const listed = good(await world.strake(['ls', '--json'])).json() as { name: string; digest: string }[];
    expect(listed).toMatchObject([{ name: 'team/pushed:1', digest: descriptor.digest }]);
    // A base like any other, without a request; and it runs.
    expect(good(await world.strake(['run', 'team/pushed:1', 'echo', 'hello'])).stdout).toBe('hello\n');
    await writeFiles(world.work, { Dockerfile: 'FROM team/pushed:1\nRUN echo more > /more\n' });
    await build(world, ['.', '-t', 'more']);
    expect(good(await world.strake(['run', 'more', 'cat', '/more'])).stdout).toBe('more\n');
  });

  it('is pushed to by another strake, which sends nothing twice', async () => {
    await using other = await openStrake();
    const config = { auths: { [host]: { auth: Buffer.from(`x:${credentials.password}`).toString('base64') } } };
    const login = { DOCKER_CONFIG: other.home };
    await writeFiles(other.home, { 'config.json': JSON.stringify(config) });
    await writeFiles(other.work, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    const denied = await other.strake(['build', '.', '-d', `${host}/sent:1`]);
    expect(denied.status).toBe(1);
    expect(denied.stderr).toContain('REGISTRY_DENIED');
    const sent = await build(other, ['.', '-d', `${host}/sent:1`], { env: login });
    const before = served.output().length;
    await build(other, ['.', '-d', `${host}/sent:1`, '-d', `${host}/again:1`], { env: login });
    expect(
      served
        .output()
        .slice(before)
        .match(/^(PUT|PATCH) \S*\/blobs\//gm),
    ).toBe(null);
    for (const name of ['sent', 'again']) {
      const copy = join(other.work, name);
      good(await skopeoCopy(`docker://${host}/${name}:1`, `oci:${copy}:latest`));
      expect((await readManifest(layoutSource(copy), 'latest')).descriptor.digest).toBe(sent.digest);
    }
    expect(served.output()).not.toContain(credentials.password);
    await other.assertClean();
  });

  it('says so when something else listens there', async () => {
    const second = await world.strake(['serve', '--listen', host]);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('PORT_NOT_AVAILABLE');
    expect(second.stderr).toContain('Something else listens there');
  });
});
