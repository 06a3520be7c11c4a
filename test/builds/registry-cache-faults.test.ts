/** What goes wrong with a cache costs time: never the build, never its result. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, type Digest } from '../../core/index.ts';
import { fakeRegistry, tryPlugin, type FakeRegistry, type Repository } from '../../core/testing/index.ts';
import { registryCache } from '../../plugins/registry-cache/index.ts';
import { keyOf, machine } from '../plugins/cache-ground.ts';

let registry: FakeRegistry;
beforeEach(async () => {
  registry = await fakeRegistry();
});
afterEach(() => registry[Symbol.asyncDispose]());

const plugin = (repository = `${registry.host}/cache`) => registryCache({ repository, timeout: 1 });
const stored = (): Repository => registry.repositories.get('cache')!;

interface Content {
  readonly config: { readonly digest: Digest };
  readonly layers: readonly { readonly digest: Digest; readonly mediaType: string }[];
}
function manifest(): Content {
  const { tags, manifests } = stored();
  return JSON.parse(Buffer.from(manifests.get(tags.get('latest')!)!.bytes).toString()) as Content;
}
const blobOf = (kind: 'catalog' | 'layer' | 'index'): Digest => {
  const { config, layers } = manifest();
  return kind === 'catalog'
    ? config.digest
    : layers.find(({ mediaType }) => mediaType.includes('layer-index') === (kind === 'index'))!.digest;
};

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 0x41;
  return copy;
}

const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY b /b\n', '/a': 'aaa', '/b': 'bbb' };
const files = { '/a': 'aaa', '/b': 'bbb' };

/** A build on a machine of its own. */
async function build(repository?: string) {
  await using bench = await tryPlugin(plugin(repository), { network: 'loopback' });
  const tried = await bench.build(tree);
  expect(tried.files).toEqual(files);
  return { performed: tried.result.performed, notices: bench.world.notices() };
}

describe('a byte that is not what was written', () => {
  test('of the catalog, wherever it stands, makes the cache empty and is told', async () => {
    await using writer = await machine(plugin());
    await writer.save('a');
    const digest = blobOf('catalog');
    const good = stored().blobs.get(digest)!;
    for (let at = 0; at < good.length; at += 7) {
      stored().blobs.set(digest, flipped(good, at));
      await using reader = await machine(plugin());
      await expect(reader.found('a')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
      // It is told once.
      expect(await reader.found('a')).toEqual([]);
    }
  });

  test('of the manifest, wherever it stands, makes the cache empty and is told', async () => {
    await using writer = await machine(plugin());
    await writer.save('a');
    const { manifests, tags } = stored();
    const digest = tags.get('latest')!;
    const good = manifests.get(digest)!;
    for (let at = 0; at < good.bytes.length; at += 11) {
      manifests.set(digest, { ...good, bytes: flipped(good.bytes, at) });
      await using reader = await machine(plugin());
      await expect(reader.found('a')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    }
  });

  test('of the catalog is mended by the next build', async () => {
    await build();
    const digest = blobOf('catalog');
    stored().blobs.set(digest, flipped(stored().blobs.get(digest)!, 30));
    const { performed, notices } = await build();
    expect(performed).toBe(2);
    expect(notices).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE .*could not be read/)]);
    expect(await build()).toEqual({ performed: 0, notices: [] });
  });

  test.each([3, 40, -9])('of a layer is met by whoever reads it, and the layer is made again (%i)', async (at) => {
    await build();
    const digest = blobOf('layer');
    const good = stored().blobs.get(digest)!;
    stored().blobs.set(digest, flipped(good, at < 0 ? good.length + at : at));
    const { performed, notices } = await build();
    expect(performed).toBe(1);
    expect(notices).toEqual([expect.stringMatching(/^CACHED_LAYER_LOST .*carried out again/)]);
  });

  test('of an index makes the layer be streamed', async () => {
    await using writer = await machine(plugin());
    const { layer } = await writer.save('a');
    const digest = blobOf('index');
    stored().blobs.set(digest, flipped(stored().blobs.get(digest)!, 20));
    await using reader = await machine(plugin());
    const { workshop, world } = reader.ground;
    const found = (await reader.cache.find([keyOf('a')], workshop)).get(keyOf('a'))!;
    expect([...(await workshop.blobs.index(found.layer)).walk()].map(({ path }) => path)).toEqual(['/name']);
    expect(await workshop.blobs.isLocal(layer.descriptor.digest)).toBe(true);
    expect(world.notices()).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE /)]);
  });

  test('of no index leaves the layer where it is', async () => {
    await using writer = await machine(plugin());
    const { layer } = await writer.save('a');
    await using reader = await machine(plugin());
    const { workshop } = reader.ground;
    const found = (await reader.cache.find([keyOf('a')], workshop)).get(keyOf('a'))!;
    expect([...(await workshop.blobs.index(found.layer)).walk()].map(({ path }) => path)).toEqual(['/name']);
    expect(await workshop.blobs.isLocal(layer.descriptor.digest)).toBe(false);
  });
});

describe('what is not there', () => {
  test('a layer that was deleted is made again, and is there again', async () => {
    await build();
    stored().blobs.delete(blobOf('layer'));
    const { performed, notices } = await build();
    expect(performed).toBe(1);
    expect(notices).toEqual([expect.stringMatching(/^CACHED_LAYER_LOST /)]);
    expect(await build()).toEqual({ performed: 0, notices: [] });
  });

  test('what lies beside a deleted layer is kept when the cache is written', async () => {
    await using writer = await machine(plugin());
    const { layer } = await writer.save('gone');
    await writer.save('here');
    stored().blobs.delete(layer.descriptor.digest);
    await using other = await machine(plugin());
    await other.save('new');
    await using reader = await machine(plugin());
    expect(await reader.found('gone', 'here', 'new')).toEqual(['here', 'new']);
  });

  test('a registry that is down is told once and asked no more', async () => {
    const { performed, notices } = await build('127.0.0.1:1/cache');
    expect(performed).toBe(2);
    expect(notices).toEqual([
      expect.stringMatching(/^CACHE_UNAVAILABLE The cache "127.0.0.1:1\/cache:latest" could not/),
    ]);
  });

  test('a registry that says nothing is waited for as long as the options say', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const begun = performance.now();
    const { notices } = await build(`127.0.0.1:${(silent.address() as AddressInfo).port}/cache`);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(notices).toEqual([expect.stringMatching(/did not answer within 1 seconds/)]);
    silent.closeAllConnections();
    silent.close();
  });
});

describe('a registry that refuses', () => {
  test('to be written is told once, and is read all the same', async () => {
    await build();
    registry.fail(/^(POST|PUT|PATCH) /, 403, { times: 100 });
    await using bench = await tryPlugin(plugin(), { network: 'loopback' });
    const tried = await bench.build({ ...tree, '/b': 'other' });
    expect(tried.result.performed).toBe(1);
    expect(bench.world.notices()).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE .*could not be written/)]);
  });

  test('now and then is asked again', async () => {
    registry.fail('GET /v2/cache/manifests', 503);
    registry.fail('PUT /v2/cache/manifests', 'reset');
    registry.fail('POST /v2/cache/blobs', 429, { headers: { 'retry-after': '0' } });
    expect(await build()).toEqual({ performed: 2, notices: [] });
    registry.fail(`GET /v2/cache/blobs/${manifest().config.digest}`, 'truncate');
    expect(await build()).toEqual({ performed: 0, notices: [] });
    expect(registry.unmet()).toEqual([]);
  });
});

test('what is no cache is left as it is', async () => {
  await registry.put('cache:latest', { '/etc/image': 'yes' });
  const before = stored().tags.get('latest');
  const { performed, notices } = await build();
  expect(performed).toBe(2);
  expect(notices).toEqual([expect.stringMatching(/is no cache of this version/)]);
  expect(stored().tags.get('latest')).toBe(before);
});

test('a catalog of another version is neither read nor written over', async () => {
  await build();
  const { tags, manifests } = stored();
  const old = manifests.get(tags.get('latest')!)!;
  const bytes = Buffer.from(Buffer.from(old.bytes).toString().replace('catalog.v1', 'catalog.v2'));
  manifests.set(digestOf(bytes), { ...old, bytes });
  tags.set('latest', digestOf(bytes));
  expect((await build()).notices).toEqual([expect.stringMatching(/is no cache of this version/)]);
  expect(tags.get('latest')).toBe(digestOf(bytes));
});
