/** The registry output against real registries: what moves, and what does not. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { asDiffId, digestOf } from '../../../core/base/digest.ts';
import type { FinishedImage, Layer } from '../../../core/contract/model.ts';
import type { OutputRequest } from '../../../core/contract/offers.ts';
import type { Workshop } from '../../../core/contract/workshop.ts';
import { mediaTypes } from '../../../core/oci/media-types.ts';
import { writeConfig } from '../../../core/oci/write-config.ts';
import { writeManifest } from '../../../core/oci/write-manifest.ts';
import { registryOutput } from '../../../plugins/registry/index.ts';
import { busyboxBase } from '../../support/bases.ts';
import type { BaseImage } from '../../support/bases/base-image.ts';
import { registrySource } from '../../support/image-source.ts';
import { readManifest } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { clientFor, lines, resolve, type ClientUnderTest } from './registry-for.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'busybox-static', 'docker-registry']);

suite('an image on a base of a registry', () => {
  let busybox: BaseImage;
  beforeAll(async () => {
    busybox = await busyboxBase();
  });

  /** The base with a layer of our own on it, pushed under the names. */
  async function pushOn(
    client: ClientUnderTest,
    base: TestRegistry,
    names: readonly string[],
    own: Uint8Array,
  ): Promise<FinishedImage> {
    const from = await resolve(client, `${base.host}/base/busybox`);
    const layer: Layer = {
      descriptor: { mediaType: mediaTypes.layer, digest: digestOf(own), size: own.length },
      diffId: asDiffId(digestOf(own)),
      seenIn: [],
    };
    const layers = [...from!.layers, layer];
    const configBytes = writeConfig({ ...from!.config, diffIds: layers.map(({ diffId }) => diffId), history: [] });
    const config = { mediaType: mediaTypes.config, digest: digestOf(configBytes), size: configBytes.length };
    const content = {
      mediaType: mediaTypes.manifest,
      config,
      layers: layers.map(({ descriptor }) => descriptor),
      annotations: [],
    };
    const manifestBytes = writeManifest(content);
    const manifest = { mediaType: mediaTypes.manifest, digest: digestOf(manifestBytes), size: manifestBytes.length };
    const blobs = {
      async *open(wanted: Layer) {
        if (wanted === layer) yield own;
        else yield* from!.open(wanted.descriptor);
      },
    };
    const spec = { type: 'registry', forceCompression: false, rewriteTimestamp: false, options: [] };
    const request = { image: { name: 'app' }, spec, names, platforms: [], blobs } as unknown as OutputRequest;
    const workshop = { registry: client.registry, world: client.world } as unknown as Workshop;
    const session = await registryOutput.begin(request, workshop);
    for (const one of layers) await session.layer(one);
    const platform = from!.config.platform;
    const image = {
      name: 'app',
      tags: names,
      platforms: [{ name: 'app', platform, config, configBytes, manifest, manifestBytes, layers }],
    };
    await session.finish(image);
    return image;
  }

  it('is mounted where the base lies, sent once where it does not, and named last', async () => {
    await using home = await startRegistry();
    await using away = await startRegistry();
    await busybox.pushTo(home);
    await using client = clientFor();
    const own = randomBytes(100_000);
    const names = [
      `${home.host}/team/app:1`,
      `${home.host}/team/app:2`,
      `${home.host}/team/copy:1`,
      `${away.host}/app:1`,
    ];
    const image = await pushOn(client, home, names, own);
    const [{ manifest, config, layers }] = image.platforms as [(typeof image.platforms)[0]];
    // The base is mounted twice, our own layer and the config are mounted from the first repository into the second.
    // Without TLS a manifest goes to each repository by its digest, before its three names.
    expect(home.traffic().up).toBe(own.length + config.size + 5 * manifest.size);
    expect(away.traffic().up).toBe(
      layers.reduce((sum, { descriptor }) => sum + descriptor.size, config.size + 2 * manifest.size),
    );
    for (const registry of [home, away]) {
      const puts = lines(registry).filter((line) => /^(PUT|POST)/.test(line));
      const firstName = puts.findIndex((line) => line.includes('/manifests/'));
      expect(puts.slice(firstName).every((line) => line.includes('/manifests/'))).toBe(true);
    }
    for (const [registry, repository] of [
      [home, 'team/app'],
      [home, 'team/copy'],
      [away, 'app'],
    ] as const)
      expect((await readManifest(registrySource(registry, repository), '1')).descriptor.digest).toBe(manifest.digest);
    home.clearRequests();
    await using later = clientFor();
    await pushOn(later, home, names.slice(0, 1), own);
    expect(home.traffic().up).toBe(2 * manifest.size);
    expect(lines(home).filter((line) => line.startsWith('POST'))).toEqual([]);
  });

  it('reports how far it is', async () => {
    await using home = await startRegistry();
    await busybox.pushTo(home);
    await using client = clientFor();
    const own = randomBytes(2_000_000);
    await pushOn(client, home, [`${home.host}/team/app:1`], own);
    const events = client.world.events.filter((event) => event.type === 'progress' && event.total === own.length);
    expect(events.at(-1)).toMatchObject({ done: own.length, ended: true, unit: 'bytes' });
    expect(JSON.stringify(client.world.events)).not.toContain('busybox');
  });
});
