/** What befalls a registry cache: many writers, changed bytes, servers that are away, garbage collection. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { freePort, good } from '../e2e/scene.ts';
import { buildOn, fixture, steps, type Built } from './scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'root', 'mounts', 'docker-registry', 'busybox-static']);

suite('a cache of a real registry', () => {
  let registry: TestRegistry;
  beforeEach(async () => {
    registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
  });
  afterEach(() => registry.stop());

  const cache = () => `type=registry,ref=${registry.host}/team/cache`;
  const from = () => ['--cache-from', cache()];
  const both = () => [...from(), '--cache-to', cache()];
  const files = (changed: Readonly<Record<string, string>> = {}) => ({
    ...fixture(`${registry.host}/base/busybox`),
    ...changed,
  });
  /** All layers are read, as none of them is of another registry. */
  const toFile = (): string[] => ['-o', 'type=oci,dest=../image.tar'];

  it('keeps what all of its writers left, at the same time', async () => {
    // All stand on the same: a command carried out by two machines gives two layers, of which one goes on.
    await buildOn(undefined, files(), ['-t', 'app', ...both()]);
    const names = Array.from({ length: 5 }, (_, at) => `writer ${at}`);
    const built = await Promise.all(names.map((late) => buildOn(undefined, files({ late }), ['-t', 'app', ...both()])));
    expect(built.map(({ performed }) => performed)).toEqual(names.map(() => [steps.late]));
    expect(built.flatMap(({ notices }) => notices)).toEqual([]);
    for (const late of ['late', ...names]) {
      const again = await buildOn(undefined, files({ late }), ['-t', 'app', ...from()]);
      expect(again).toMatchObject({ performed: [], notices: [] });
    }
  });

  /** Files of the registry's storage with what was put into the cache, by the name of what they hold. */
  async function blobFile(digest: string): Promise<string> {
    const hex = digest.slice('sha256:'.length);
    return join(registry.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  }
  interface Manifest {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string; readonly mediaType: string; readonly size: number }[];
  }
  async function manifestOf(name: string): Promise<Manifest & { readonly digest: string }> {
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const response = await fetch(`${registry.direct}/v2/${name}/manifests/latest`, { headers: { accept } });
    const digest = response.headers.get('docker-content-digest')!;
    return { digest, ...((await response.json()) as Manifest) };
  }

  async function stepsByLayer(): Promise<Map<string, string>> {
    await using world = await openStrake();
    const { stdout } = good(await world.strake(['cache', 'ls', '--json', ...from()]));
    const listed = (JSON.parse(stdout) as { layers: { digest: string; step: string }[] }[]).at(-1)!;
    return new Map(listed.layers.map(({ digest, step }) => [digest, step]));
  }

  it('notices a byte that has changed in any of its blobs, and makes again what it was of', async () => {
    const first = await buildOn(undefined, files(), [...toFile(), ...both()]);
    expect(first.performed).toHaveLength(6);
    const { digest, config, layers } = await manifestOf('team/cache');
    const kinds = new Map(
      [
        ...layers.map((layer) => [layer.digest, layer.mediaType] as const),
        [config.digest, 'catalog'] as const,
        [digest, 'manifest'] as const,
      ].map(([one, type]) => [one, type.includes('tar') ? 'layer' : type.includes('index') ? 'index' : type]),
    );
    expect(new Set(kinds.values())).toEqual(new Set(['layer', 'index', 'catalog', 'manifest']));
    const stepOf = await stepsByLayer();
    /** What is made again, besides the step whose file has changed. */
    const remade = (kind: string, step: string | undefined): string[] => {
      const { source, made, once, fromBuild, early, late } = steps;
      if (kind === 'catalog' || kind === 'manifest') return [source, made, once, fromBuild, early, late];
      // What stands on a command that came out otherwise is made again too; a file comes out the same.
      if (step === once) return [once, fromBuild, early, late];
      if (step === fromBuild) return [fromBuild, late];
      if (step === early) return [early, late];
      return [late];
    };
    for (const [blob, kind] of kinds) {
      const file = await blobFile(blob);
      const good = await readFile(file);
      const bad = Buffer.from(good);
      bad[Math.floor(good.length / 2)]! ^= 0x01;
      await writeFile(file, bad);
      const built: Built = await buildOn(undefined, files({ late: `after ${blob}` }), [...toFile(), ...from()]);
      expect(built.performed).toEqual(remade(kind, stepOf.get(blob)));
      const isNoticed = !['index', steps.source, steps.made, steps.late].includes(stepOf.get(blob) ?? kind);
      if (isNoticed) expect(built.notices).toEqual([expect.stringMatching(/^CACHE(D_LAYER_LOST|_UNAVAILABLE) /)]);
      else if (kind === 'layer') expect(built.notices).toEqual([]);
      await writeFile(file, good);
    }
    const mended = await buildOn(undefined, files(), [...toFile(), ...from()]);
    expect(mended).toMatchObject({ performed: [], notices: [] });
  });

  it('may be down, or go down: the build says so and goes on', async () => {
    const port = await freePort();
    const nobody = `type=registry,ref=127.0.0.1:${port}/team/cache`;
    const away = await buildOn(undefined, files(), ['-t', 'app', '--cache-from', nobody, '--cache-to', nobody]);
    expect(away.performed).toHaveLength(6);
    expect(away.notices).toEqual([
      expect.stringMatching(/^CACHE_UNAVAILABLE The cache "127\.0\.0\.1:\d+\/team\/cache:latest" could not be read: /),
    ]);
    registry.intercept(({ method, path }) =>
      method !== 'GET' && path.startsWith('/v2/team/cache/')
        ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' }
        : undefined,
    );
    const denied = await buildOn(undefined, files(), ['-d', `${registry.host}/team/app:1`, ...both()]);
    expect(denied.performed).toHaveLength(6);
    expect(denied.notices).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE .*could not be written: /)]);
    registry.intercept(undefined);
  });

  it('that went away with its layers is done without', async () => {
    const first = await buildOn(undefined, files(), [...toFile(), ...both()]);
    registry.intercept(({ method, path }) =>
      method === 'GET' && path.startsWith('/v2/team/cache/blobs/') && !path.includes(catalog)
        ? { status: 404, body: '{"errors":[{"code":"BLOB_UNKNOWN"}]}' }
        : undefined,
    );
    const catalog = (await manifestOf('team/cache')).config.digest;
    const again = await buildOn(undefined, files(), [...toFile(), ...from()]);
    expect(again.performed).toHaveLength(6);
    expect(again.digest).not.toBe(first.digest);
    expect(again.notices.length).toBeGreaterThan(0);
    registry.intercept(undefined);
  });

  it('is understood by the garbage collection of its registry: what is alive stays, what was pruned goes', async () => {
    const first = await buildOn(undefined, files(), ['-t', 'app', ...both()]);
    // Every build that writes leaves a manifest behind that has no name any more.
    await buildOn(undefined, files({ late: 'second' }), ['-t', 'app', ...both()]);
    const before = await manifestOf('team/cache');
    await collectGarbage();
    const again = await buildOn(undefined, files(), [...toFile(), ...from()]);
    expect(again).toMatchObject({ digest: first.digest, performed: [], notices: [] });
    const stored = await blobCount();
    await buildOn(undefined, files({ late: 'third' }), ['-t', 'app', '--cache-to', `${cache()},max-size=1B`]);
    await collectGarbage();
    expect((await manifestOf('team/cache')).layers).toEqual([]);
    expect(await blobCount()).toBeLessThanOrEqual(stored - before.layers.length);
  });

  const blobCount = async (): Promise<number> =>
    (await readdir(join(registry.storage, 'docker/registry/v2/blobs/sha256'), { recursive: true })).filter((name) =>
      name.endsWith('data'),
    ).length;

  async function collectGarbage(): Promise<void> {
    const config = join(registry.storage, '../garbage.yml');
    await writeFile(
      config,
      JSON.stringify({ version: '0.1', storage: { filesystem: { rootdirectory: registry.storage } } }),
    );
    await run(['docker-registry', 'garbage-collect', '--delete-untagged', config]);
    await rm(config);
  }
});
