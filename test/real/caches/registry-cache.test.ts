/** Machines that have nothing, and a registry that has a filled cache. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { downloadedBlobs, good, requestLines } from '../e2e/scene.ts';
import { buildOn, fixture, steps, uploadedBlobs, type Built } from './scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'root', 'mounts', 'docker-registry', 'busybox-static']);

suite('a filled registry cache and an empty store', () => {
  let registry: TestRegistry;
  let first: Built;
  let uploads: readonly string[];
  const image = () => ['-d', `${registry.host}/team/app:1`];
  const from = (name = 'team/cache') => ['--cache-from', `type=registry,ref=${registry.host}/${name}`];
  const to = (name = 'team/cache') => ['--cache-to', `type=registry,ref=${registry.host}/${name},mode=max`];
  const files = (changed: Readonly<Record<string, string>> = {}) => ({
    ...fixture(`${registry.host}/base/busybox`),
    ...changed,
  });

  /** Blobs that are layers: neither configs of images nor catalogs nor indexes. */
  async function layersOf(...names: readonly string[]): Promise<Set<string>> {
    const layers = new Set<string>();
    for (const name of names) {
      const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
      const at = (reference: string) =>
        fetch(`${registry.direct}/v2/${name.split(':')[0]}/manifests/${reference}`, { headers: { accept } });
      const read = async (reference: string): Promise<void> => {
        const { layers: own = [], manifests = [] } = (await (await at(reference)).json()) as {
          layers?: { digest: string; mediaType: string }[];
          manifests?: { digest: string }[];
        };
        for (const layer of own) if (layer.mediaType.includes('tar')) layers.add(layer.digest);
        for (const { digest } of manifests) await read(digest);
      };
      await read(name.split(':')[1] ?? 'latest');
    }
    return layers;
  }
  const downloadedLayers = async (): Promise<string[]> => {
    const layers = await layersOf('base/busybox', 'team/cache', 'team/app:1');
    expect(layers.size).toBeGreaterThan(6);
    return downloadedBlobs(registry).filter((digest) => layers.has(digest));
  };

  beforeAll(async () => {
    registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
    registry.clearRequests();
    first = await buildOn(undefined, files(), [...image(), ...from(), ...to()]);
    uploads = uploadedBlobs(registry.requests());
  });
  afterAll(() => registry.stop());

  it('was filled by a build that sent every blob once, for image and cache together', () => {
    expect([first.performed.length, first.notices]).toEqual([6, []]);
    expect(uploads.length).toBeGreaterThan(8);
    expect(new Set(uploads).size).toBe(uploads.length);
  });

  it('an unchanged build carries out no step, downloads no layer, and sends nothing that is there', async () => {
    registry.clearRequests();
    const again = await buildOn(undefined, files(), [...image(), ...from(), ...to()]);
    expect(again).toMatchObject({ digest: first.digest, performed: [], notices: [] });
    // Nobody asks for the stage that is only read from: what was read is known.
    const { once, fromBuild, early, late } = steps;
    expect(again.steps).toEqual([once, fromBuild, early, late].map((name) => `${name}: cached (asked)`));
    expect(await downloadedLayers()).toEqual([]);
    expect(requestLines(registry).filter((line) => line.includes('team/cache'))).toEqual([
      'GET /v2/team/cache/manifests/latest 200',
      expect.stringMatching(/^GET \/v2\/team\/cache\/blobs\/\w+ 200$/),
    ]);
    expect(uploadedBlobs(registry.requests())).toEqual([]);
  });

  it('an image of another name is mounted from the cache', async () => {
    registry.clearRequests();
    const other = await buildOn(undefined, files(), ['-d', `${registry.host}/other/app:1`, ...from()]);
    expect(other.digest).toBe(first.digest);
    expect(await downloadedLayers()).toEqual([]);
    // The config alone is no layer.
    expect(uploadedBlobs(registry.requests())).toHaveLength(1);
    expect(requestLines(registry).filter((line) => line.includes('mount='))).toHaveLength(5);
  });

  it('the second build of a machine asks for one manifest of the cache', async () => {
    await using world = await openStrake();
    await buildOn(world, files(), [...image(), ...from()]);
    registry.clearRequests();
    await buildOn(world, files(), [...image(), ...from()]);
    expect(requestLines(registry).filter((line) => line.startsWith('GET'))).toEqual([
      'GET /v2/base/busybox/manifests/latest 200',
      'GET /v2/team/cache/manifests/latest 200',
    ]);
  });

  it('one changed file in the last COPY makes that layer alone, without a byte of any other', async () => {
    registry.clearRequests();
    const changed = await buildOn(undefined, files({ late: 'changed' }), [...image(), ...from()]);
    const { once, fromBuild, early, late } = steps;
    expect(changed.steps).toEqual([
      ...[once, fromBuild, early].map((name) => `${name}: cached (asked)`),
      `${late}: end`,
    ]);
    expect(changed.notices).toEqual([]);
    expect(await downloadedLayers()).toEqual([]);
    // The new layer and the config.
    expect(uploadedBlobs(registry.requests())).toHaveLength(2);
  });

  it('a change in the first stage reruns what follows from it', async () => {
    const changed = await buildOn(undefined, files({ source: 'changed' }), [...image(), ...from()]);
    const { source, made, once, fromBuild, early, late } = steps;
    expect(changed.steps).toEqual([
      ...[source, made].map((name) => `${name}: end`),
      `${once}: cached (asked)`,
      ...[fromBuild, early, late].map((name) => `${name}: end`),
    ]);
  });

  it('what a machine found elsewhere comes to a cache that does not have it', async () => {
    await using world = await openStrake();
    const built = await buildOn(world, files({ late: 'of this machine' }), ['-t', 'app']);
    await buildOn(world, files({ late: 'of this machine' }), ['-t', 'app', ...to('team/second')]);
    const other = await buildOn(undefined, files({ late: 'of this machine' }), ['-t', 'app', ...from('team/second')]);
    expect(other).toMatchObject({ digest: built.digest, performed: [] });
    // From one cache into another of the same registry everything is mounted.
    registry.clearRequests();
    await buildOn(undefined, files({ late: 'of this machine' }), [
      '-t',
      'app',
      ...from('team/second'),
      ...to('team/third'),
    ]);
    const layers = await layersOf('team/second');
    expect(
      [...uploadedBlobs(registry.requests()), ...downloadedBlobs(registry)].filter((it) => layers.has(it)),
    ).toEqual([]);
    const third = await buildOn(undefined, files({ late: 'of this machine' }), ['-t', 'app', ...from('team/third')]);
    expect(third).toMatchObject({ digest: built.digest, performed: [] });
  });

  it('with mode=min only what is in the image is kept', async () => {
    const min = ['--cache-to', `type=registry,ref=${registry.host}/team/min,mode=min`];
    const built = await buildOn(undefined, files({ late: 'min' }), ['-t', 'app', ...min]);
    expect(built.performed).toHaveLength(6);
    const same = await buildOn(undefined, files({ late: 'min' }), ['-t', 'app', ...from('team/min')]);
    expect(same).toMatchObject({ digest: built.digest, performed: [] });
    await using world = await openStrake();
    const listed = good(await world.strake(['cache', 'ls', '--json', ...from('team/min')])).stdout;
    const cache = (JSON.parse(listed) as { cache: string; layers: { step: string }[] }[]).at(-1)!;
    const { once, fromBuild, early, late } = steps;
    expect(cache.layers.map(({ step }) => step).toSorted()).toEqual([once, fromBuild, early, late]);
  });

  it('what is only read stays as it is, what is only written finds nothing', async () => {
    registry.clearRequests();
    await buildOn(undefined, files({ late: 'unwritten' }), ['-t', 'app', ...from()]);
    expect(requestLines(registry).filter((line) => !line.startsWith('GET'))).toEqual([]);
    const written = await buildOn(undefined, files(), ['-t', 'app', ...to('team/cache')]);
    expect(written.performed).toHaveLength(6);
  });

  it('strake cache says what is there, and makes it less', async () => {
    await buildOn(undefined, files(), ['-t', 'app', ...to('team/pruned')]);
    await using world = await openStrake();
    const strake = async (...args: readonly string[]) => good(await world.strake(['cache', ...args])).stdout;
    const name = `${registry.host}/team/pruned:latest`;
    expect(await strake('ls', ...from('team/pruned'))).toContain(steps.made);
    expect(await strake('du', ...from('team/pruned'))).toMatch(
      new RegExp(`^store +0 +0 +0 B\\n${name} +6 +12 +[\\d.]+ k?B$`, 'm'),
    );
    // A cache that is only read is none to prune.
    expect(await strake('prune', '--all', ...from('team/pruned'))).not.toContain(name);
    expect(await strake('prune', '--older-than', '1d', ...to('team/pruned'))).toContain(`${name}: 0 layers gone`);
    expect(await strake('prune', '--all', ...to('team/pruned'))).toContain(`${name}: 6 layers gone`);
    expect(await strake('du', ...from('team/pruned'))).toMatch(new RegExp(`${name} +0 +0 +0 B`));
  });
});
