/** How many bytes of a large base come to this machine: none, where its files say nothing about the result. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { debianBase } from '../../support/bases.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { registrySource } from '../../support/image-source.ts';
import { readManifest } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import type { Manifest } from '../../support/oci-types.ts';
import { listTar } from '../../support/raw-tar-list.ts';
import type { TarEntry } from '../../support/raw-tar.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { build, downloadedBlobs, requestLines, stepsOf, writeFiles } from './scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry', 'mmdebstrap', 'debian-archive']);

suite('on a Debian base in the registry that is pushed to', () => {
  let registry: TestRegistry;
  let base: Manifest;

  beforeAll(async () => {
    registry = await startRegistry();
    await (await debianBase()).pushTo(registry, 'debian');
    base = await manifestOf('debian');
  });
  afterAll(() => registry.stop());

  const manifestOf = async (name: string): Promise<Manifest> =>
    (await readManifest(registrySource(registry, name), 'latest')).content as Manifest;

  /** What the image has in the layers above its base's. */
  async function ownEntries(name: string): Promise<TarEntry[]> {
    const { layers } = await manifestOf(name);
    expect(layers.slice(0, base.layers.length)).toEqual(base.layers);
    const lists: TarEntry[][] = [];
    for (const { digest } of layers.slice(base.layers.length)) {
      const bytes = await registrySource(registry, name).blob(digest);
      lists.push(await listTar(Readable.from(bytes).pipe(createGunzip())));
    }
    return lists.flat();
  }

  /** Builds and pushes; gives the digests of all blobs that came down, and what was asked and done. */
  async function built(world: StrakeWorld, dockerfile: string, name: string) {
    const text = dockerfile.replace('DEBIAN', `${registry.host}/debian`);
    await writeFiles(world.work, { Dockerfile: text, file: 'some file', 'folder/a': 'a', 'folder/b': 'b' });
    registry.clearRequests();
    const result = await build(world, ['.', '-d', `${registry.host}/${name}:latest`]);
    return { down: downloadedBlobs(registry), lines: requestLines(registry), steps: stepsOf(result) };
  }

  it.for([
    ['settings', 'ENV A=b\nLABEL c=d\nUSER 1000\nEXPOSE 80\nVOLUME /data\nCMD ["/bin/true"]\n', []],
    ['COPY --link', 'COPY --link file /usr/local/file\n', ['usr/', 'usr/local/', 'usr/local/file']],
    ['an owner in numbers', 'COPY --link --chown=1000:1 folder /f\n', ['f/', 'f/a', 'f/b']],
  ] as const)('%s: its manifest and config are enough', async ([what, dockerfile, paths]) => {
    await using world = await openStrake();
    const name = what.toLowerCase().replace(/[^a-z]+/g, '-');
    const { down, lines } = await built(world, `FROM DEBIAN\n${dockerfile}`, name);
    expect(down).toEqual([base.config.digest]);
    for (const { digest } of base.layers)
      expect(lines).toContain(`POST /v2/${name}/blobs/uploads/?mount=${digest.slice(7, 19)}&from=debian 201`);
    expect((await ownEntries(name)).map((entry) => entry.path)).toEqual(paths);
    await world.assertClean();
  });

  it('a stage that nobody needs: it is not even asked for', async () => {
    await using world = await openStrake();
    const { lines } = await built(world, 'FROM DEBIAN\nRUN false\nFROM scratch\nCOPY file /file\n', 'beside');
    expect(lines.filter((line) => line.includes('/v2/debian/'))).toEqual([]);
  });

  it('a COPY streams it by once for its headers, and from then on no COPY takes a byte', async () => {
    await using world = await openStrake();
    const first = await built(world, 'FROM DEBIAN\nCOPY file /bin/file\n', 'known');
    expect(first.down.toSorted()).toEqual([base.config, ...base.layers].map(({ digest }) => digest).sort());
    // Debian's /bin is a link.
    expect((await ownEntries('known')).map((entry) => entry.path)).toEqual(['usr/', 'usr/bin/', 'usr/bin/file']);

    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['COPY file /lib/strake/file', ['usr/', 'usr/lib/', 'usr/lib/strake/', 'usr/lib/strake/file']],
      ['COPY file /tmp/file', ['tmp/', 'tmp/file']],
      ['COPY --chown=daemon:users folder /srv/f', ['srv/', 'srv/f/', 'srv/f/a', 'srv/f/b']],
      ['WORKDIR /sbin/deep\nCOPY folder/a ./', ['usr/', 'usr/sbin/', 'usr/sbin/deep/', 'usr/sbin/deep/a']],
      ['COPY --chown=www-data --link file /elsewhere', ['elsewhere']],
      ['ADD --chmod=600 file /etc/', ['etc/', 'etc/file']],
    ];
    for (const [dockerfile, paths] of cases) {
      const { down, steps } = await built(world, `FROM DEBIAN\n${dockerfile}\n`, 'known');
      expect(down).toEqual([]);
      expect(steps.filter((step) => !step.endsWith(': end'))).toEqual([]);
      const own = await ownEntries('known');
      expect([...new Set(own.map((entry) => entry.path))].sort()).toEqual(paths);
      expect(own.find((entry) => entry.path === 'tmp/')?.mode ?? 0o1777).toBe(0o1777);
    }
    await world.assertClean();
  });
});
