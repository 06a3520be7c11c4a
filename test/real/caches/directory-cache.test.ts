/** A directory that machines share: a filled one, and machines that have nothing. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake } from '../../support/cli.ts';
import { registrySource } from '../../support/image-source.ts';
import { readImage } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { downloadedBlobs, good } from '../e2e/scene.ts';
import { buildOn, fixture, steps, type Built } from './scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'root', 'mounts', 'docker-registry', 'busybox-static']);

suite('a filled directory cache and an empty store', () => {
  let registry: TestRegistry;
  let folder: TempDir;
  let first: Built;
  const from = () => ['--cache-from', `type=local,src=${folder.path}`];
  const to = () => ['--cache-to', `type=local,dest=${folder.path}`];
  const files = (changed: Readonly<Record<string, string>> = {}) => ({
    ...fixture(`${registry.host}/base/busybox`),
    ...changed,
  });
  const toFile = ['-o', 'type=oci,dest=../image.tar'];

  beforeAll(async () => {
    registry = await startRegistry();
    folder = await tempDir('directory-cache');
    await (await busyboxBase()).pushTo(registry);
    first = await buildOn(undefined, files(), [...toFile, ...from(), ...to()]);
    expect([first.performed.length, first.notices]).toEqual([6, []]);
  });
  afterAll(async () => {
    await registry.stop();
    await folder.remove();
  });

  it('an unchanged build carries out no step; its layers come from the directory', async () => {
    const again = await buildOn(undefined, files(), [...toFile, ...from()]);
    expect(again).toMatchObject({ digest: first.digest, performed: [], notices: [] });
  });

  it('an image of it goes to a registry whole', async () => {
    const pushed = await buildOn(undefined, files(), ['-d', `${registry.host}/team/app:1`, ...from()]);
    expect(pushed.digest).toBe(first.digest);
    // Reads and verifies every blob.
    const image = await readImage(registrySource(registry, 'team/app'), { reference: '1' });
    expect(image.layers).toHaveLength(5);
  });

  it('an image of it can be run: what the store keeps it keeps whole', async () => {
    await using world = await openStrake();
    await buildOn(world, files(), ['-t', 'app', ...from()]);
    expect(good(await world.strake(['run', 'app', 'cat', '/app/late'])).stdout).toBe('late');
    await world.assertClean();
  });

  it('one changed file in the last COPY makes that layer alone, without a byte of the base', async () => {
    registry.clearRequests();
    const changed = await buildOn(undefined, files({ late: 'changed' }), ['-t', 'app', ...from()]);
    expect(changed).toMatchObject({ performed: [steps.late], notices: [] });
    // The config of the base is no layer.
    expect(downloadedBlobs(registry)).toHaveLength(1);
  });

  it('a change in the first stage reruns what follows from it', async () => {
    const { source, made, fromBuild, early, late } = steps;
    const changed = await buildOn(undefined, files({ source: 'changed' }), ['-t', 'app', ...from()]);
    expect(changed).toMatchObject({ performed: [source, made, fromBuild, early, late], notices: [] });
  });

  it('a byte that has changed in any of its files is noticed, and what it was of is made again', async () => {
    const names = (await readdir(folder.path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(names.length).toBeGreaterThan(18);
    const contents = new Map(await Promise.all(names.map(async (name) => [name, await readFile(name)] as const)));
    let noticed = 0;
    // Indexes are read by whoever makes something on top of them, records and layers by everybody.
    for (const kind of ['records', 'blobs', 'indexes']) {
      for (const [name, good] of contents) {
        const bad = Buffer.from(good);
        bad[Math.floor(bad.length / 2)]! ^= 0x01;
        await writeFile(name, name.includes(`/strake/${kind}/`) ? bad : good);
      }
      const built = await buildOn(undefined, files({ late: `without ${kind}` }), [...toFile, ...from()]);
      noticed += built.notices.length;
      expect(built.performed).toEqual(kind === 'indexes' ? [steps.late] : Object.values(steps));
      for (const notice of built.notices) expect(notice).toMatch(/^CACHE(D_LAYER_LOST|_DAMAGED) /);
    }
    expect(noticed).toBeGreaterThan(10);
    for (const [name, good] of contents) await writeFile(name, good);
    const mended = await buildOn(undefined, files(), [...toFile, ...from()]);
    expect(mended).toMatchObject({ digest: first.digest, performed: [], notices: [] });
  });

  it('that cannot be written is told, and the build goes on', async () => {
    const file = join(folder.path, 'a-file');
    await writeFile(file, '');
    const built = await buildOn(undefined, files(), ['-t', 'app', '--cache-to', `type=local,dest=${file}`]);
    expect(built.performed).toHaveLength(6);
    expect(built.notices).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE .*could not be written: /)]);
  });

  it('is there beside a registry, for what the other does not have', async () => {
    const both = [...from(), '--cache-from', `type=registry,ref=${registry.host}/team/cache`];
    const there = ['--cache-to', `type=registry,ref=${registry.host}/team/cache`];
    const shared = await buildOn(undefined, files(), ['-t', 'app', ...both, ...there]);
    expect(shared).toMatchObject({ digest: first.digest, performed: [], notices: [] });
    const alone = await buildOn(undefined, files(), ['-t', 'app', '--cache-from', `${registry.host}/team/cache`]);
    expect(alone).toMatchObject({ digest: first.digest, performed: [], notices: [] });
  });
});
