/** A cache in a bucket of Swift: the promises of the contract, many writers, what goes when, and what befalls objects. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, hexOf } from '../../../core/index.ts';
import { collect } from '../../../core/testing/layer-trees.ts';
import { cacheContract, fakeWorld, tryPlugin } from '../../../core/testing/index.ts';
import { s3Cache, type S3CacheOptions } from '../../../plugins/s3-cache/index.ts';
import { openBucket } from '../../../plugins/shared/s3/bucket.ts';
import { readObject } from '../../../plugins/shared/s3/read-object.ts';
import { writeObject } from '../../../plugins/shared/s3/write-object.ts';
import { pass, machine } from '../../plugins/cache-ground.ts';
import { requirements } from '../../support/needs.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { s3Needs, startS3, type TestS3 } from '../../support/servers/s3.ts';

const { suite } = await requirements(import.meta.url, s3Needs);

suite('a cache in S3', () => {
  let s3: TestS3;
  let count = 0;
  let prefix: string;
  beforeAll(async () => {
    s3 = await startS3();
    await s3.createBucket('caches');
  });
  beforeEach(() => {
    prefix = `cache-${++count}`;
  });
  afterEach(() => s3.intercept(undefined));
  afterAll(() => s3.stop());

  const plugin = (options: Partial<S3CacheOptions> = {}) =>
    s3Cache({ bucket: 'caches', prefix, endpoint: s3.endpoint, ...options });
  const open = (options: Partial<S3CacheOptions> = {}, day = 0) =>
    machine(plugin(options), { day, env: s3.environment() });
  const objects = async (folder: string): Promise<string[]> =>
    (await s3.list('caches')).filter((key) => key.startsWith(`${prefix}/strake/${folder}`));
  const lines = () =>
    s3
      .requests()
      .filter(({ status }) => status !== 403)
      .map(({ method, path }) => `${method} ${/prefix=([^&]*)/.exec(path)?.[1]?.replaceAll('%2F', '/') ?? path}`)
      .map((line) =>
        line
          .replace(`/caches/`, '')
          .replace(`${prefix}/strake/`, '')
          .replace(/[0-9a-f]{64}/, '*'),
      )
      .sort();

  pass(
    'keeps its promises',
    cacheContract(() => ({
      plugin: plugin({ prefix: `contract-${++count}` }),
      shared: true,
      broken: s3Cache({ bucket: 'caches', endpoint: 'http://127.0.0.1:1' }),
      world: { network: 'loopback', env: s3.environment() },
    })),
  );

  describe('is shared', () => {
    it('by writers at the same time, who lose nothing of one another; their pages become one', async () => {
      const names = Array.from({ length: 12 }, (_, at) => `step ${at}`);
      await Promise.all(
        names.map(async (name) => {
          await using one = await open();
          // Nobody of them sees what the others are about to write.
          await one.found(name);
          await Promise.all([one.save(name), one.save(`${name} again`)]);
        }),
      );
      await using reader = await open();
      const all = names.flatMap((name) => [name, `${name} again`]);
      expect(await reader.found(...all)).toEqual(all);
      await reader.save('one more');
      await reader.cache.finish!(reader.ground.workshop);
      expect((await objects('catalog')).length).toBeLessThanOrEqual(8);
      await using later = await open();
      expect(await later.found(...all, 'one more')).toEqual([...all, 'one more']);
    });

    it('with few requests, however many steps', async () => {
      const names = Array.from({ length: 30 }, (_, at) => `step ${at}`);
      await using writer = await open();
      await Promise.all(names.map((name) => writer.save(name)));
      // One page for one build: those that it wrote on the way are gone.
      expect(await objects('catalog')).toHaveLength(1);
      await using reader = await open();
      // Learns what time it is.
      await reader.cache.list!(reader.ground.workshop);
      s3.clearRequests();
      expect(await reader.found(...names)).toEqual(names);
      // The list of the catalog has told the session what it keeps in the store.
      expect(lines()).toEqual(['GET blobs/sha256/', 'GET catalog/']);
      await using fresh = await open();
      s3.clearRequests();
      expect(await fresh.found(...names)).toEqual(names);
      expect(lines()).toEqual(['GET blobs/sha256/', 'GET catalog/', 'GET catalog/*']);
    });

    it('layers and indexes below them included', async () => {
      await using here = await open();
      const below = await here.save('below');
      await here.save('above', { below: [below.layer] });
      await using there = await open();
      await there.found('above');
      const { workshop } = there.ground;
      expect(await there.cache.index!(below.layer.diffId, workshop)).toBeDefined();
      const bytes = await there.cache.open!(below.layer, workshop);
      expect(digestOf(await collect(bytes!))).toBe(below.layer.descriptor.digest);
    });
  });

  describe('is used as it was asked for', () => {
    it('only read, only written, only what is in the image', async () => {
      await using reader = await open({ write: false });
      await reader.save('by a reader');
      await using writer = await open({ read: false, mode: 'min' });
      await writer.save('in the image');
      await writer.save('of a stage', { inImage: false });
      expect(await writer.found('in the image')).toEqual([]);
      await using both = await open();
      expect(await both.found('by a reader', 'in the image', 'of a stage')).toEqual(['in the image']);
      expect(reader.cache.prune).toBeUndefined();
    });

    it('as long as layers are young enough', async () => {
      await using writer = await open();
      await writer.save('old');
      await using soon = await open({ maxAge: '3d' }, 2);
      expect(await soon.found('old')).toEqual(['old']);
      await using late = await open({ maxAge: '3d' }, 4);
      expect(await late.found('old')).toEqual([]);
    });

    it('what nobody used for long goes, with its layer, when somebody writes', async () => {
      await using first = await open();
      const [old] = [await first.save('old'), await first.save('in use')];
      await first.cache.finish!(first.ground.workshop);
      await using between = await open({ maxUnused: '10d' }, 8);
      await between.found('in use');
      await between.cache.finish!(between.ground.workshop);
      await using last = await open({ maxUnused: '10d' }, 15);
      await last.save('new');
      await last.cache.finish!(last.ground.workshop);
      await using reader = await open();
      expect(await reader.found('old', 'in use', 'new')).toEqual(['in use', 'new']);
      expect(await objects('blobs/')).toHaveLength(2);
      expect((await objects('blobs/')).join()).not.toContain(hexOf(old.layer.descriptor.digest));
      expect(await objects('indexes/')).toHaveLength(2);
    });

    it('listed and pruned', async () => {
      await using writer = await open();
      await writer.save('one');
      await writer.save('two');
      await using keeper = await open();
      const { workshop } = keeper.ground;
      const listed = await keeper.cache.list!(workshop);
      expect(listed.map(({ record }) => record.step).sort()).toEqual(['RUN one', 'RUN two']);
      const { size } = listed[0]!.record.layer.descriptor;
      expect(await keeper.cache.prune!({ maxBytes: size + 1 }, workshop)).toMatchObject({ removed: 1 });
      expect(await objects('blobs/')).toHaveLength(1);
      expect(await keeper.cache.prune!({}, workshop)).toMatchObject({ removed: 1, kept: 0 });
      expect(await objects('')).toEqual([]);
    });
  });

  describe('whose objects', () => {
    const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\nWORKDIR /b\n', '/a': 'hi' };
    const builds = async () => {
      await using bench = await tryPlugin(plugin(), { network: 'loopback', env: s3.environment() });
      const { files, result } = await bench.build(tree);
      expect(files['/a']).toBe('hi');
      return { performed: result.performed, notices: bench.world.notices() };
    };
    const flip = async (key: string): Promise<void> => {
      const bytes = await s3.get('caches', key);
      bytes[Math.floor(bytes.length / 2)]! ^= 0x01;
      await s3.put('caches', key, bytes);
    };

    it.each([
      ['catalog/', /^CACHE_DAMAGED s3:\/\/caches\/.*is not what was written/],
      ['blobs/', /^CACHED_LAYER_LOST /],
    ])('in %s were changed is noticed, and what they were of is made again', async (folder, notice) => {
      await builds();
      for (const key of await objects(folder)) await flip(key);
      let noticed = 0;
      // A layer that nobody reads is found out by the build that does.
      for (const layers of (await objects('blobs/')).keys()) {
        const { performed, notices } = await builds();
        noticed += notices.length;
        if (layers === 0) expect(performed).toBeGreaterThan(0);
        for (const one of notices) expect(one).toMatch(notice);
      }
      expect(noticed).toBeGreaterThan(0);
      expect(await builds()).toEqual({ performed: 0, notices: [] });
    });

    it('were deleted by somebody counts as never written', async () => {
      await builds();
      for (const key of await objects('blobs/')) await s3.remove('caches', key);
      expect(await builds()).toEqual({ performed: 2, notices: [] });
      expect(await builds()).toEqual({ performed: 0, notices: [] });
    });

    it('hold no secret', async () => {
      await builds();
      for (const key of await objects('')) expect((await s3.get('caches', key)).includes(s3.keys.secret)).toBe(false);
    });
  });

  describe('that fails', () => {
    it.each<[string, () => Partial<S3CacheOptions>, () => Record<string, string>, RegExp]>([
      ['for want of a bucket', () => ({ bucket: 'no-such-bucket' }), () => ({}), /there is no such bucket/],
      ['for a wrong secret', () => ({}), () => ({ AWS_SECRET_ACCESS_KEY: 'wrong-secret' }), /SignatureDoesNotMatch/],
      ['for want of a server', () => ({ endpoint: 'http://127.0.0.1:1' }), () => ({}), /nothing listens there/],
    ])('%s is told once, and the build goes on', async (_, options, env, reason) => {
      const world = { network: 'loopback' as const, env: { ...s3.environment(), ...env() } };
      await using bench = await tryPlugin(plugin(options()), world);
      const { files } = await bench.build({ '/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY a /b\n', '/a': 'hi' });
      expect(files).toEqual({ '/a': 'hi', '/b': 'hi' });
      expect(bench.world.notices()).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE The cache "s3:\/\//)]);
      expect(bench.world.notices()[0]).toMatch(reason);
      expect(bench.world.notices()[0]).not.toContain('wrong-secret');
    });

    it('by silence is waited for as long as the options say', async () => {
      await using proxy = await startFaultProxy(s3.port, { stallAfter: 0 });
      await using silent = await open({ endpoint: `http://${proxy.host}`, timeout: 0.3 });
      await expect(silent.found('a')).rejects.toMatchObject({ code: 's3-cache/SLOW' });
      expect(await silent.found('a')).toEqual([]);
    });

    it('while a large layer is sent: the parts that arrived stay, the others are sent again', async () => {
      const bytes = randomBytes(40 << 20);
      const hash = hexOf(digestOf(bytes));
      await using proxy = await startFaultProxy(s3.port, { resetAfter: 5 << 20, direction: 'up', onlyFirst: 2 });
      const env = { ...s3.environment(), S3_ENDPOINT: `http://${proxy.host}` };
      await using world = fakeWorld({ network: 'loopback', env });
      const bucket = await openBucket('caches', {}, world);
      const key = `${prefix}/large`;
      const pieces = async function* () {
        for (let at = 0; at < bytes.length; at += 1 << 16) yield bytes.subarray(at, at + (1 << 16));
      };
      await writeObject(bucket, key, { size: bytes.length, hash, open: pieces }, { parts: 1 << 20, lanes: 2 });
      expect(proxy.connections()).toBeGreaterThan(2);
      const read = await readObject(bucket, key, { changed: () => new Error('changed') });
      if (read === 'unchanged') throw new Error('it was never read before');
      // Parts leave their mark in the ETag.
      expect(read.etag).toMatch(/-3"$/);
      expect(hexOf(digestOf(await collect(read.bytes)))).toBe(hash);
    });
  });
});
