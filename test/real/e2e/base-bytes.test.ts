/** How many bytes of a large base come to this machine: none, where its files say nothing about the result. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { debianBase } from '../../support/bases.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { registrySource } from '../../support/image-source.ts';
import { readImage, type TestImage } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { build, downloadedBlobs, requestLines, stepsOf, writeFiles } from './scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry', 'mmdebstrap', 'debian-archive']);

suite('on a Debian base in the registry that is pushed to', () => {
  let registry: TestRegistry;
  let base: TestImage;
  let from: string;

  beforeAll(async () => {
    registry = await startRegistry();
    await (await debianBase()).pushTo(registry, 'debian');
    base = await readImage(registrySource(registry, 'debian'));
    from = `FROM ${registry.host}/debian\n`;
  });
  afterAll(() => registry.stop());

  /** Builds and pushes; gives the digests of all blobs that came down, and the image. */
  async function built(world: StrakeWorld, dockerfile: string, name: string) {
    const file = 'some file';
    await writeFiles(world.work, { Dockerfile: from + dockerfile, file, 'folder/a': 'a', 'folder/b': 'b' });
    registry.clearRequests();
    const result = await build(world, ['.', '-d', `${registry.host}/${name}:latest`]);
    const down = downloadedBlobs(registry);
    const lines = requestLines(registry);
    const image = await readImage(registrySource(registry, name));
    expect(image.digest).toBe(result.digest);
    expect(image.layers.slice(0, base.layers.length).map((layer) => layer.diffId)).toEqual(
      base.layers.map((layer) => layer.diffId),
    );
    return { down, lines, image, steps: stepsOf(result) };
  }

  it.for([
    ['settings alone', 'ENV A=b\nLABEL c=d\nUSER 1000\nEXPOSE 80\nVOLUME /data\nCMD ["/bin/true"]\n', 0],
    ['COPY --link', 'COPY --link file /usr/local/file\n', 1],
    ['COPY --link with an owner in numbers', 'COPY --link --chown=1000:1000 --chmod=640 folder /srv/folder\n', 1],
    ['a stage on scratch beside it', 'FROM scratch\nCOPY file /file\n', 1],
  ] as const)('%s needs its manifest and config alone', async ([what, dockerfile, layers], { task }) => {
    await using world = await openStrake();
    const name = `none/${task.id.replace(/[^a-z0-9]+/g, '-')}`;
    if (what.startsWith('a stage')) {
      await writeFiles(world.work, { Dockerfile: `${from}${dockerfile}`, file: 'x' });
      registry.clearRequests();
      await build(world, ['.', '-d', `${registry.host}/${name}:latest`]);
      expect(requestLines(registry).filter((line) => line.includes('/v2/debian/'))).toEqual([]);
      return;
    }
    const { down, lines, image } = await built(world, dockerfile, name);
    expect(down).toEqual([base.manifest.config.digest]);
    expect(image.layers.length).toBe(base.layers.length + layers);
    const layer = base.manifest.layers[0]!.digest.slice(7, 19);
    expect(lines).toContain(`POST /v2/${name}/blobs/uploads/?mount=${layer}&from=debian 201`);
    await world.assertClean();
  });

  it('a COPY streams it by once for its headers, and from then on no COPY takes a byte', async () => {
    await using world = await openStrake();
    const first = await built(world, 'COPY file /bin/file\n', 'known/first');
    const { config, layers } = base.manifest;
    expect(first.down.toSorted()).toEqual([config.digest, ...layers.map((layer) => layer.digest)].sort());
    const paths = (image: TestImage): string[] => image.layers.at(-1)!.entries.map((entry) => entry.path);
    // Debian's /bin is a link.
    expect(paths(first.image)).toContain('usr/bin/file');

    const several = [
      'COPY file /lib/strake/file\n',
      'COPY file /tmp/file\n',
      'COPY --chown=daemon:users folder /usr/local/folder\n',
      'WORKDIR /sbin/deep/down\nCOPY folder ./\n',
      'COPY --chown=www-data --link file /elsewhere\n',
      `ADD file /etc/\nRUN --mount=type=tmpfs,target=/x true\n`.split('\n')[0]!,
    ];
    for (const [at, dockerfile] of several.entries()) {
      const { down, steps, image } = await built(world, dockerfile, `known/${at}`);
      expect(steps.every((step) => step.endsWith(': end')), steps.join('\n')).toBe(true);
      expect(down).toEqual([]);
      for (const link of ['bin', 'lib', 'sbin'])
        expect(image.listing.find((entry) => entry.path === link)).toMatchObject({ type: 'symlink' });
      expect(image.listing.find((entry) => entry.path === 'tmp')).toMatchObject({ mode: 0o1777 });
    }
    await world.assertClean();
  });
});
