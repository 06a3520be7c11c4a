/** The main job: the example of this repository, built, pushed, pulled by others' tools, run by others' runtimes. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkout } from '../../support/checkout.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { skopeoCopy, umociUnpack, withStore } from '../../support/container-tools.ts';
import { layoutSource, registrySource } from '../../support/image-source.ts';
import { readImage, type TestImage } from '../../support/images.ts';
import { schemaComplaints, schemaPackages } from '../../support/image-spec.ts';
import { requirements } from '../../support/needs.ts';
import { blobFile } from '../../support/oci-layout.ts';
import type { Index, Manifest } from '../../support/oci-types.ts';
import { userWithSubuids } from '../../support/ordinary-user.ts';
import { run, startDaemon } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { build, freePort, good, requestLines } from './scene.ts';
import { askWhoami } from './whoami.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'docker-registry',
  'skopeo',
  'umoci',
  'podman',
  'conmon',
  'runc',
  'debian-archive',
  ...schemaPackages,
]);
const { suite: userSuite } = await requirements(import.meta.url, ['linux', 'subuid-user', 'docker-registry']);

suite('examples/whoami, of the config in the root of this repository', () => {
  let registry: TestRegistry;
  let world: StrakeWorld;
  let folder: TempDir;
  let digest: string;
  let lines: readonly string[];
  let image: TestImage;

  beforeAll(async () => {
    registry = await startRegistry();
    world = await openStrake();
    folder = await tempDir('whoami');
    const outputs = ['type=oci,dest=layout,tar=false', 'type=oci,dest=layout.tar', 'type=docker,dest=docker.tar'];
    const names = ['team/whoami:1', 'team/whoami:latest', 'copies/whoami:1'].map((name) => `${registry.host}/${name}`);
    const built = await build(
      world,
      [
        'whoami',
        ...names.flatMap((name) => ['-d', name]),
        ...outputs.flatMap((output) => ['-o', output.replace('dest=', `dest=${folder.path}/`)]),
      ],
      { cwd: checkout },
    );
    digest = built.digest;
    lines = requestLines(registry);
    image = await readImage(registrySource(registry, 'team/whoami'), { reference: '1' });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await folder.remove();
    await registry.stop();
  });

  it('is three layers, all its own, with nothing but the program and what it is linked with', async () => {
    expect(image.digest).toBe(digest);
    expect(image.layers.length).toBe(3);
    expect(image.config.config).toMatchObject({ Entrypoint: ['/node', '/whoami.mjs'], ExposedPorts: { '80/tcp': {} } });
    expect(image.config.history?.map((entry) => entry.empty_layer === true)).toEqual([false, false, false, true, true]);
    const files = image.listing.filter((entry) => entry.type === 'file').map((entry) => entry.path);
    expect(files).toContain('node');
    expect(files).toContain('whoami.mjs');
    // The node that runs strake, whatever else the machine has.
    const node = createHash('sha256')
      .update(await readFile(process.execPath))
      .digest('hex');
    expect(image.listing.find((entry) => entry.path === 'node')?.sha256).toBe(node);
    expect(files.filter((file) => !/^(node|whoami\.mjs|(usr\/)?lib(64)?\/.*\.so(\.\d+)*)$/.test(file))).toEqual([]);
  });

  it('reached the registry in the fewest requests: each blob once, mounted where it lay next door, names last', () => {
    const short = (one: string): string => one.slice(7, 19);
    const blobs = [...image.manifest.layers, image.manifest.config].map((one) => short(one.digest));
    const expected = blobs.flatMap((blob) => [
      `HEAD /v2/team/whoami/blobs/${blob} 404`,
      `POST /v2/team/whoami/blobs/uploads/ 202`,
      `PUT /v2/team/whoami/blobs/uploads/ID?digest=${blob} 201`,
      `HEAD /v2/copies/whoami/blobs/${blob} 404`,
      `POST /v2/copies/whoami/blobs/uploads/?mount=${blob}&from=team/whoami 201`,
    ]);
    // By its digest first, as there is no TLS.
    const names = [
      `PUT /v2/team/whoami/manifests/${short(digest)} 201`,
      `PUT /v2/copies/whoami/manifests/${short(digest)} 201`,
      'PUT /v2/team/whoami/manifests/1 201',
      'PUT /v2/team/whoami/manifests/latest 201',
      'PUT /v2/copies/whoami/manifests/1 201',
    ];
    expect(lines.toSorted()).toEqual([...expected, ...names].sort());
    expect(lines.slice(-names.length).toSorted()).toEqual(names.sort());
    for (const blob of blobs) {
      const own = lines.filter((line) => line.includes(blob));
      expect(own.map((line) => line.split(' ')[0])).toEqual(['HEAD', 'PUT', 'HEAD', 'POST']);
    }
  });

  it('is pulled by skopeo as it is', async () => {
    const copy = folder.at('pulled');
    good(await skopeoCopy(`docker://${registry.host}/team/whoami:1`, `oci:${copy}:latest`));
    const pulled = await readImage(layoutSource(copy));
    expect(pulled.digest).toBe(digest);
  });

  it('runs by podman, straight from the registry', async () => {
    const port = await freePort();
    await withStore('podman', async (store) => {
      const flags = ['--rm', '--network=host', '--tls-verify=false', `--signature-policy=${store.policyFile}`];
      const ref = `${registry.host}/team/whoami:1`;
      const command = ['podman', ...store.options, 'run', ...flags, '--hostname=aboard', ref, '--port', String(port)];
      await using container = startDaemon(command, { env: store.env });
      expect(await askWhoami(port, container)).toMatch(/^Hostname: aboard\n/);
    });
  });

  it('runs by runc, as umoci unpacked its layout', async () => {
    const bundle = folder.at('bundle');
    const rootfs = await umociUnpack(folder.at('layout'), bundle);
    expect((await stat(join(rootfs, 'whoami.mjs'))).isFile()).toBe(true);
    const port = await freePort();
    const file = join(bundle, 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as {
      process: { args: string[]; terminal: boolean };
      hostname: string;
      linux: { namespaces: { type: string }[] };
    };
    expect(config.process.args).toEqual(['/node', '/whoami.mjs']);
    config.process.args.push('--port', String(port));
    config.process.terminal = false;
    config.hostname = 'ashore';
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
    await writeFile(file, JSON.stringify(config));
    const state = folder.at('runc');
    await using container = startDaemon(['runc', '--root', state, 'run', '--bundle', bundle, 'strake-whoami']);
    expect(await askWhoami(port, container)).toMatch(/^Hostname: ashore\n/);
  });

  it('is a layout that the schemas of the specification have nothing against, in a directory and in an archive', async () => {
    expect(await schemaComplaints(folder.at('layout'))).toEqual([]);
    const unpacked = folder.at('unpacked');
    await mkdir(unpacked);
    await run(['tar', '--extract', '--file', folder.at('layout.tar'), '--directory', unpacked]);
    expect(await schemaComplaints(unpacked)).toEqual([]);
    for (const layout of ['layout', 'unpacked']) {
      const index = JSON.parse(await readFile(folder.at(layout, 'index.json'), 'utf8')) as Index;
      // One entry a name: tools find an image in a layout by its annotations.
      expect(index.manifests.map((one) => one.digest)).toEqual([digest, digest, digest]);
      const blobs = [digest, image.manifest.config.digest, ...image.manifest.layers.map((layer) => layer.digest)];
      expect((await readdir(folder.at(layout, 'blobs/sha256'))).sort()).toEqual(
        blobs.map((one) => one.slice(7)).sort(),
      );
    }
    expect((await readImage(layoutSource(unpacked))).digest).toBe(digest);
  });

  it('would be found out by those schemas if its layout were wrong', async () => {
    const broken = folder.at('broken');
    await cp(folder.at('layout'), broken, { recursive: true });
    const manifest = JSON.parse(await readFile(blobFile(broken, digest), 'utf8')) as Manifest;
    const { digest: _, ...layer } = manifest.layers[0]!;
    await writeFile(blobFile(broken, digest), JSON.stringify({ ...manifest, layers: [layer] }));
    await writeFile(blobFile(broken, manifest.config.digest), '{"architecture":1,"os":"linux"}');
    const complaints = await schemaComplaints(broken);
    expect(new Set(complaints.map((line) => line.split(' ').slice(1).join(' ')))).toEqual(
      new Set([
        "image-manifest layers/0 'digest' is a required property",
        "config  'rootfs' is a required property",
        "config architecture 1 is not of type 'string'",
      ]),
    );
  });

  it('is an archive that skopeo loads as docker would, with the same files', async () => {
    const loaded = folder.at('loaded');
    good(await skopeoCopy(`docker-archive:${folder.at('docker.tar')}`, `oci:${loaded}:latest`));
    const copy = await readImage(layoutSource(loaded));
    expect(copy.config.config).toEqual(image.config.config);
    expect(copy.layers.map((layer) => layer.diffId)).toEqual(image.layers.map((layer) => layer.diffId));
  });

  it('leaves nothing behind', async () => {
    await world.assertClean();
  });
});

/** What the builder stage copies of `node_modules`. */
const modules = ['typescript', '@typescript', 'esbuild', '@esbuild', '@types/node', 'undici-types'];

/** The example and its config, for everybody to read: the checkout itself may lie where nobody else comes. */
async function copyExample(folder: string): Promise<void> {
  const parts = ['build.config.ts', 'examples/whoami', ...modules.map((name) => `node_modules/${name}`)];
  for (const part of parts)
    await cp(join(checkout, part), join(folder, part), { recursive: true, preserveTimestamps: true });
  await run(['chmod', '-R', 'a+rX', folder]);
}

userSuite('examples/whoami, with times that are the same for all', () => {
  it('has one digest, whether root builds it or an ordinary user', { timeout: 300_000 }, async () => {
    await using registry = await startRegistry();
    await using sources = await tempDir('sources');
    await copyExample(sources.path);
    const digests: string[] = [];
    for (const user of [undefined, await userWithSubuids()]) {
      await using world = await openStrake(user);
      const name = `${registry.host}/whoami:${user?.name ?? 'root'}`;
      const output = `type=registry,name=${name},rewrite-timestamp=true`;
      const env = { SOURCE_DATE_EPOCH: '1700000000' };
      const built = await build(world, ['whoami', '-o', output], { cwd: sources.path, env });
      digests.push(built.digest);
      await world.assertClean();
    }
    expect(digests[1]).toBe(digests[0]);
    const image = await readImage(registrySource(registry, 'whoami'), { reference: 'root' });
    expect(image.digest).toBe(digests[0]);
    expect(image.config.created).toBe('2023-11-14T22:13:20Z');
    expect(Math.max(...image.listing.map((entry) => entry.mtime))).toBe(1_700_000_000);
  });
});
