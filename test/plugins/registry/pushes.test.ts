import { expect, test } from 'vitest';
import { asDiffId, digestOf } from '../../../core/base/digest.ts';
import type { BuiltImage, FinishedImage, Layer, OutputSpec } from '../../../core/contract/model.ts';
import type { OutputRequest } from '../../../core/contract/offers.ts';
import type { Registry } from '../../../core/contract/registry.ts';
import type { Workshop } from '../../../core/contract/workshop.ts';
import type { Descriptor } from '../../../core/oci/image.ts';
import { registryImages, registryOutput } from '../../../plugins/registry/index.ts';
import { parseReference } from '../../../core/oci/reference.ts';
import { testWorld, type TestWorld } from '../../core/registry/test-world.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const descriptorOf = (text: string, mediaType: string): Descriptor => ({
  mediaType,
  digest: digestOf(text),
  size: text.length,
});
const layerOf = (
  text: string,
  seenIn: readonly string[] = [],
  mediaType = 'application/vnd.oci.image.layer.v1.tar',
): Layer => ({
  descriptor: descriptorOf(text, mediaType),
  diffId: asDiffId(digestOf(text)),
  seenIn,
});

/** Texts of blobs by digest, so that what is recorded can be read. */
const texts = new Map<string, string>();
const known = <T extends Layer>(text: string, layer: T): T => {
  texts.set(layer.descriptor.digest, text);
  return layer;
};

interface Recorder extends Registry {
  readonly calls: string[];
  fail?: string;
  /** Pushes wait for it. */
  gate?: Promise<void>;
}

function recorder(): Recorder {
  const calls: string[] = [];
  const self: Recorder = {
    calls,
    manifest: () => Promise.resolve(undefined),
    resolve: (text, reference) => {
      calls.push(`resolve ${text} ${reference.tag}`);
      return Promise.resolve(undefined);
    },
    async *openBlob() {},
    hasBlob: () => Promise.resolve(false),
    async pushBlob(at, { digest, size }, source) {
      calls.push(`push ${texts.get(digest) ?? digest} to ${at} from [${source.mountFrom.join(' ')}]`);
      let sent = 0;
      for await (const chunk of source.open()) {
        await self.gate;
        sent += chunk.byteLength;
        source.onProgress?.(sent);
      }
      if (self.fail === at) throw new Error(`no push to ${at}`);
      expect(sent).toBe(size);
      return 'uploaded';
    },
    uploadGrowing: () => Promise.resolve(),
    async putManifest({ registry, repository, tag, digest }, mediaType, bytes) {
      calls.push(`name ${registry}/${repository}${tag === undefined ? `@${digest?.slice(0, 10)}` : `:${tag}`}`);
      return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    },
    login: (_, credentials) => Promise.resolve(credentials),
  };
  return self;
}

function setUp(names: readonly string[], spec: Partial<OutputSpec> = {}) {
  const registry = recorder();
  const world: TestWorld = testWorld();
  const opened: string[] = [];
  const blobs = {
    async *open(layer: Layer) {
      const text = texts.get(layer.descriptor.digest)!;
      opened.push(text);
      yield bytesOf(text);
    },
  };
  const request = {
    image: { name: 'app' },
    spec: { type: 'registry', forceCompression: false, rewriteTimestamp: false, options: [], ...spec },
    names,
    platforms: [],
    blobs,
  } as unknown as OutputRequest;
  const workshop = { registry, world } as unknown as Workshop;
  return { registry, world, opened, begin: () => registryOutput.begin(request, workshop) };
}

const builtOf = (name: string, layers: readonly Layer[]): BuiltImage => {
  const config = `{"of":"${name}"}`;
  const manifest = `manifest of ${name}`;
  texts.set(digestOf(config), `config of ${name}`);
  return {
    name,
    platform: { os: 'linux', architecture: 'amd64' },
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    configBytes: bytesOf(config),
    manifest: descriptorOf(manifest, 'application/vnd.oci.image.manifest.v1+json'),
    manifestBytes: bytesOf(manifest),
    layers,
  };
};

const single = (layers: readonly Layer[]): FinishedImage => ({
  name: 'app',
  tags: [],
  platforms: [builtOf('app', layers)],
});

test('layers go up as they come, each once, and names are given last', async () => {
  const { registry, begin, opened, world } = setUp(['r.example/team/app:1', 'r.example/team/app:2']);
  const base = known('base', layerOf('base', ['r.example/base/debian']));
  const own = known('own', layerOf('own'));
  const session = await begin();
  await session.layer(base);
  await session.layer(base);
  expect(registry.calls).toEqual(['push base to r.example/team/app from [r.example/base/debian]']);
  const image = single([base, own]);
  const published = await session.finish(image);
  expect(registry.calls).toEqual([
    'push base to r.example/team/app from [r.example/base/debian]',
    'push own to r.example/team/app from []',
    'push config of app to r.example/team/app from []',
    'name r.example/team/app:1',
    'name r.example/team/app:2',
  ]);
  expect(opened).toEqual(['base', 'own']);
  const { digest } = image.platforms[0]!.manifest;
  expect(published).toEqual([
    { location: 'r.example/team/app:1', digest },
    { location: 'r.example/team/app:2', digest },
  ]);
  expect(world.events.filter((event) => event.type === 'progress' && event.ended)).toHaveLength(3);
});

test('several repositories of one registry get the blobs one from the other, another registry beside them', async () => {
  const { registry, begin } = setUp(['a.example/one:1', 'a.example/two', 'b.example/x:1']);
  const own = known('own', layerOf('own'));
  const session = await begin();
  await session.finish(single([own]));
  const pushes = registry.calls.filter((call) => call.startsWith('push own')).sort();
  expect(pushes).toEqual([
    'push own to a.example/one from []',
    'push own to a.example/two from [a.example/one]',
    'push own to b.example/x from []',
  ]);
  expect(registry.calls.slice(-3).sort()).toEqual([
    'name a.example/one:1',
    'name a.example/two:latest',
    'name b.example/x:1',
  ]);
});

test('of several platforms the images go by digest, the index by name', async () => {
  const { registry, begin } = setUp(['r.example/app:1']);
  const shared = known('shared', layerOf('shared'));
  const platforms = [builtOf('amd', [shared]), builtOf('arm', [shared])];
  const index = {
    descriptor: descriptorOf('index', 'application/vnd.oci.image.index.v1+json'),
    bytes: bytesOf('index'),
  };
  const session = await begin();
  const published = await session.finish({ name: 'app', tags: [], platforms, index });
  expect(registry.calls.filter((call) => call.includes('shared'))).toHaveLength(1);
  expect(registry.calls.slice(-3)).toEqual([
    ...platforms.map(({ manifest }) => `name r.example/app@${manifest.digest.slice(0, 10)}`),
    'name r.example/app:1',
  ]);
  expect(published).toEqual([{ location: 'r.example/app:1', digest: index.descriptor.digest }]);
});

test('push-by-digest gives no tag', async () => {
  const { registry, begin } = setUp(['r.example/app:1'], { options: [['push-by-digest', 'true']] });
  const image = single([]);
  const published = await (await begin()).finish(image);
  const { digest } = image.platforms[0]!.manifest;
  expect(registry.calls.at(-1)).toBe(`name r.example/app@${digest.slice(0, 10)}`);
  expect(published).toEqual([{ location: `r.example/app@${digest}`, digest }]);
});

test('a push that fails gives no name', async () => {
  const { registry, begin } = setUp(['a.example/one:1', 'b.example/two:1']);
  registry.fail = 'b.example/two';
  const session = await begin();
  await session.layer(known('own', layerOf('own')));
  await expect(session.finish(single([known('own', layerOf('own'))]))).rejects.toThrow('no push to b.example/two');
  await session.abort();
  expect(registry.calls.filter((call) => call.startsWith('name'))).toEqual([]);
});

test('an abort ends what runs, and waits for it', async () => {
  const { registry, begin } = setUp(['a.example/one:1']);
  let open = (): void => {};
  registry.gate = new Promise((resolve) => (open = resolve));
  const session = await begin();
  await session.layer(known('own', layerOf('own')));
  const aborted = session.abort();
  open();
  await aborted;
  await expect(session.finish(single([known('own', layerOf('own'))]))).rejects.toThrow('given up');
});

test('layers that may not be pushed elsewhere are left where they are', async () => {
  const { registry, begin } = setUp(['r.example/app:1']);
  const foreign = known('foreign', layerOf('foreign', [], 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'));
  await (await begin()).finish(single([foreign]));
  expect(registry.calls.some((call) => call.includes('foreign'))).toBe(false);
});

test('an image without a name, and an option nobody knows', async () => {
  await expect(setUp([]).begin()).rejects.toMatchObject({ code: 'registry/NAME_MISSING' });
  await expect(setUp(['r.example/a'], { options: [['pus', 'x']] }).begin()).rejects.toMatchObject({
    code: 'registry/OPTION_UNKNOWN',
  });
  await expect(setUp(['R.example//a']).begin()).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  expect(await setUp([], { dest: 'r.example/a' }).begin()).toBeDefined();
});

test('every name is the registry’s, what is no name is not', async () => {
  const { registry } = setUp([]);
  const workshop = { registry } as unknown as Workshop;
  const platform = { os: 'linux', architecture: 'amd64' };
  await registryImages.resolve({ text: 'debian', reference: parseReference('debian'), platform }, workshop);
  await registryImages.resolve({ text: 'oci-layout://x', platform }, workshop);
  expect(registry.calls).toEqual(['resolve debian latest']);
});
