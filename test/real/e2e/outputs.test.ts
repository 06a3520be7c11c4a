/** Where an image can go, what a build writes down about it, and what else can be done with the store it is in. */
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { busyboxMultiBase } from '../../support/bases.ts';
import { customBase } from '../../support/bases/base-image.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { skopeoCopy } from '../../support/container-tools.ts';
import { layoutSource, registrySource } from '../../support/image-source.ts';
import { schemaComplaints, schemaPackages } from '../../support/image-spec.ts';
import { readImage, readManifest } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import type { Index } from '../../support/oci-types.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { build, good, writeFiles } from './scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'docker-registry',
  'busybox-static',
  'skopeo',
  'debian-archive',
  ...schemaPackages,
]);

const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
] as const;

suite('outputs', () => {
  let registry: TestRegistry;
  let world: StrakeWorld;

  beforeAll(async () => {
    registry = await startRegistry();
    await (await busyboxMultiBase()).pushTo(registry, 'multi');
  });
  afterAll(() => registry.stop());
  beforeEach(async () => {
    world = await openStrake();
  });
  afterEach(async () => {
    await world.assertClean();
    await world[Symbol.asyncDispose]();
  });

  it('several at once, of an image for two platforms', async () => {
    const Dockerfile = `FROM ${registry.host}/multi\nARG TARGETARCH\nCOPY $TARGETARCH /which\nCOPY --chmod=700 both /both\n`;
    await writeFiles(world.work, { Dockerfile, amd64: 'for amd64', arm64: 'for arm64', both: 'for both' });
    const name = `${registry.host}/both:1`;
    const { digest } = await build(world, [
      '.',
      '--platform=linux/amd64,linux/arm64',
      `--destination=${name}`,
      `--output=type=oci,dest=layout,tar=false`,
      `--output=type=oci,dest=layout.tar`,
      `--output=type=local,dest=files`,
    ]);

    const pushed = await readManifest(registrySource(registry, 'both'), '1');
    expect(pushed.descriptor.digest).toBe(digest);
    expect((pushed.content as Index).manifests.map((one) => one.platform)).toEqual(platforms);
    for (const platform of platforms) {
      const { architecture } = platform;
      const content = (path: string): boolean => path === 'which';
      const image = await readImage(registrySource(registry, 'both'), { reference: '1', platform, content });
      expect(image.config).toMatchObject(platform);
      const which = image.layers.flatMap((layer) => layer.entries).find((entry) => entry.path === 'which');
      expect(which?.content?.toString()).toBe(`for ${architecture}`);
      const folder = join(world.work, 'files', `linux_${architecture}`);
      expect(await readFile(join(folder, 'which'), 'utf8')).toBe(`for ${architecture}`);
      expect((await lstat(join(folder, 'both'))).mode & 0o777).toBe(0o700);
      expect(await readlink(join(folder, 'bin/sh'))).toBe('/bin/busybox');
    }
    // The last layer is the same for both.
    const [first, second] = await Promise.all(
      platforms.map((platform) => readImage(registrySource(registry, 'both'), { reference: '1', platform })),
    );
    expect(first!.layers.at(-1)!.descriptor).toEqual(second!.layers.at(-1)!.descriptor);

    const layout = join(world.work, 'layout');
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index;
    expect(index.manifests).toMatchObject([{ digest, mediaType: 'application/vnd.oci.image.index.v1+json' }]);
    expect(await schemaComplaints(layout)).toEqual([]);
    good(await skopeoCopy(`oci:${layout}:1`, `oci:${join(world.work, 'copy')}:1`, { all: true }));
    good(await skopeoCopy(`oci-archive:${layout}.tar:1`, `oci:${join(world.work, 'archive')}:1`, { all: true }));
    // What others wrote is a base again.
    await writeFiles(world.work, { 'next/Dockerfile': 'FROM both\nRUN cat /which /both > /read\n' });
    const base = ['--build-context', 'both=oci-layout://copy:1'];
    await build(world, ['./next', '--platform=linux/amd64', ...base, '-o', 'type=local,dest=next/out']);
    expect(await readFile(join(world.work, 'next/out/read'), 'utf8')).toBe('for amd64for both');
    for (const copy of ['copy', 'archive'])
      expect((await readManifest(layoutSource(join(world.work, copy)), '1')).descriptor.digest).toBe(digest);
  });

  it('files as they are in the image, without what was deleted or hidden', async () => {
    const below = writeTar([
      { path: 'd/', type: 'directory', mode: 0o750, mtime: 1000 },
      { path: 'd/first', content: 'linked', mode: 0o640, mtime: 2000 },
      { path: 'd/second', type: 'hardlink', link: 'd/first' },
      { path: 'd/third', type: 'hardlink', link: 'd/first' },
      { path: 'd/gone', content: 'gone' },
      { path: 'link', type: 'symlink', link: '../nowhere', mtime: 3000 },
      { path: 'was-link', type: 'symlink', link: 'd' },
      { path: 'pipe', type: 'fifo' },
    ]);
    const above = writeTar([
      { path: 'd/.wh.first' },
      { path: 'd/.wh.gone' },
      { path: 'was-link/', type: 'directory' },
      { path: 'was-link/inside', content: 'inside' },
    ]);
    const images = [{ layers: [{ tar: below }, { tar: above }] }];
    await (await customBase(join(world.work, 'layout'), 'linked', images)).pushTo(registry, 'linked');
    const Dockerfile = `FROM ${registry.host}/linked\nCOPY --chmod=4755 --chown=7:8 tool /d/tool\n`;
    await writeFiles(world.work, { 'context/Dockerfile': Dockerfile, 'context/tool': 'a tool' });
    await build(world, ['context/', '-o', 'out']);
    const out = (name: string): string => join(world.work, 'out', name);
    expect((await readdir(out('.'), { recursive: true })).sort()).toEqual(
      ['d', 'd/second', 'd/third', 'd/tool', 'link', 'was-link', 'was-link/inside'].sort(),
    );
    const [second, third] = await Promise.all([lstat(out('d/second')), lstat(out('d/third'))]);
    expect([second.ino, second.nlink, second.mode & 0o777, second.mtimeMs]).toEqual([third.ino, 2, 0o640, 2_000_000]);
    expect(await readFile(out('d/third'), 'utf8')).toBe('linked');
    expect(await readlink(out('link'))).toBe('../nowhere');
    expect((await lstat(out('was-link'))).isDirectory()).toBe(true);
    // A file that anybody may start as its owner is not what one asks for who asks for files.
    expect((await lstat(out('d/tool'))).mode & 0o7777).toBe(0o755);
    expect((await lstat(out('d/tool'))).uid).toBe(process.getuid?.());
  });

  it('names, labels and annotations go where they are asked to', async () => {
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nLABEL kept=1 given=0\nCOPY f /f\n', f: 'f' });
    const flags = ['--label', 'given=1', '--label=more=a=b', '--annotation', 'org.example=x'];
    const tags = [`${registry.host}/named:1`, `${registry.host}/named:2`, `${registry.host}/elsewhere`];
    const all = await build(world, ['.', '--push', ...tags.flatMap((tag) => ['-t', tag]), ...flags]);
    for (const [repository, reference] of [
      ['named', '1'],
      ['named', '2'],
      ['elsewhere', 'latest'],
    ] as const) {
      const image = await readImage(registrySource(registry, repository), { reference });
      expect(image.digest).toBe(all.digest);
      expect(image.config.config?.['Labels']).toEqual({ kept: '1', given: '1', more: 'a=b' });
      expect(image.manifest.annotations).toEqual({ 'org.example': 'x' });
    }
    // A tag names, a destination names and is pushed to.
    await build(world, ['.', '-t', 'only:here', '-d', `${registry.host}/there:1`]);
    expect((await readImage(registrySource(registry, 'there'), { reference: '1' })).layers.length).toBe(1);
    const listed = good(await world.strake(['ls', '--json'])).json() as { name: string }[];
    expect(listed.map(({ name }) => name)).toEqual([]);
  });

  it('what came out is written down as others read it', async () => {
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    const files = ['--metadata-file=out/meta.json', '--iidfile=out/id'];
    const name = `${registry.host}/noted:1`;
    const quiet = good(await world.strake(['build', '.', '-q', '-d', name, ...files]));
    expect(quiet.stderr).toBe('');
    const digest = quiet.stdout.trimEnd();
    expect(quiet.stdout).toBe(`${digest}\n`);
    const image = await readImage(registrySource(registry, 'noted'), { reference: '1' });
    expect(digest).toBe(image.digest);
    expect(await readFile(join(world.work, 'out/id'), 'utf8')).toBe(digest);
    const meta = JSON.parse(await readFile(join(world.work, 'out/meta.json'), 'utf8')) as Record<string, unknown>;
    expect(meta).toEqual({
      'containerimage.config.digest': image.manifest.config.digest,
      'containerimage.descriptor': {
        mediaType: image.mediaType,
        digest,
        size: (meta['containerimage.descriptor'] as { size: number }).size,
      },
      'containerimage.digest': digest,
      'image.name': name,
      'strake.published': [{ location: name, digest }],
      'strake.steps': { reused: 0, performed: 1 },
      'strake.exit': 0,
    });
    // Beside them nothing half-written stays.
    expect((await readdir(join(world.work, 'out'))).sort()).toEqual(['id', 'meta.json']);

    const plain = good(await world.strake(['build', '.', '-d', name]));
    expect(plain.stdout).toContain(digest);
    expect(plain.stdout).toContain(`docker pull ${name}`);
    expect(plain.stdout).toContain('1 step reused');
    expect(plain.stdout).not.toContain('\u001b');
  });

  it('a build that fails leaves no file where an image was to be, and one that was there stays', async () => {
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nCOPY f /f\n', f: 'f' });
    const outputs = ['-o', 'type=oci,dest=a.tar', '-o', 'type=docker,dest=b.tar', '-o', 'type=oci,dest=c,tar=false'];
    await build(world, ['.', ...outputs.slice(0, 2)]);
    const before = await readFile(join(world.work, 'a.tar'));
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nCOPY f /f\nCOPY missing /g\n' });
    const failed = await world.strake(['build', '.', ...outputs, '--metadata-file', 'meta.json']);
    expect(failed.status).toBe(1);
    expect((await readdir(world.work)).sort()).toEqual(['Dockerfile', 'a.tar', 'f', 'meta.json']);
    expect((await readFile(join(world.work, 'a.tar'))).equals(before)).toBe(true);
    const meta = JSON.parse(await readFile(join(world.work, 'meta.json'), 'utf8')) as Record<string, unknown>;
    expect(meta).toMatchObject({
      'strake.exit': 1,
      'strake.problems': [{ code: 'COPY_SOURCE_MISSING', exit: 1, at: 'Dockerfile:3', step: '[2/2] COPY missing /g' }],
    });
  });
});
