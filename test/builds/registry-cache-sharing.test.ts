/** Several builds and one cache: who finds what, for how long, and what gets lost on the way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeRegistry, type FakeRegistry } from '../../core/testing/index.ts';
import { registryCache } from '../../plugins/registry-cache/index.ts';
import type { RegistryCacheOptions } from '../../plugins/registry-cache/options.ts';
import { machine } from '../plugins/cache-ground.ts';

let registry: FakeRegistry;
beforeEach(async () => {
  registry = await fakeRegistry();
});
afterEach(() => registry[Symbol.asyncDispose]());

const open = (options: Partial<RegistryCacheOptions> = {}, day = 0) =>
  machine(registryCache({ repository: `${registry.host}/cache`, ...options }), { day });

const manifest = () => {
  const { tags, manifests } = registry.repositories.get('cache')!;
  return JSON.parse(Buffer.from(manifests.get(tags.get('latest')!)!.bytes).toString()) as {
    readonly config: { readonly digest: string; readonly mediaType: string };
    readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
  };
};
const puts = () => registry.lines().filter((line) => line.startsWith('PUT /v2/cache/manifests/latest')).length;

describe('writers at the same time', () => {
  test('lose nothing of one another', async () => {
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
  }, 60_000);

  test('one whose name is taken away between look and look makes its change again', async () => {
    await using first = await open();
    await first.save('first');
    const before = registry.repositories.get('cache')!.tags.get('latest')!;
    await using second = await open();
    const saving = second.save('second');
    // Somebody who looked before, and is slow to give the name: the change of the second is gone.
    while (registry.repositories.get('cache')!.tags.get('latest') === before)
      await new Promise((go) => setTimeout(go, 1));
    registry.repositories.get('cache')!.tags.set('latest', before);
    await saving;
    await using reader = await open();
    expect(await reader.found('first', 'second')).toEqual(['first', 'second']);
  });
});

test('a mirror of its registry is not asked what the cache holds: it may be behind', async () => {
  await using writer = await open();
  await writer.save('first');
  await using mirror = await fakeRegistry();
  // The cache as it was.
  mirror.repositories.set('cache', structuredClone(registry.repositories.get('cache')!));
  await writer.save('second');
  const registries = new Map([[registry.host, { mirrors: [mirror.host] }]]);
  await using reader = await machine(registryCache({ repository: `${registry.host}/cache` }), { registries });
  expect(await reader.found('first', 'second')).toEqual(['first', 'second']);
  await reader.save('third');
  expect(mirror.lines().filter((line) => line.includes('/manifests/'))).toEqual([]);
}, 30_000);

describe('one build', () => {
  test('asks for manifest and catalog once, whatever it looks up', async () => {
    await using writer = await open();
    await writer.save('a');
    await using reader = await open();
    const from = registry.lines().length;
    await Promise.all([reader.found('a'), reader.found('b'), reader.found('a', 'c')]);
    await reader.found('a');
    expect(registry.lines().slice(from)).toEqual([
      'GET /v2/cache/manifests/latest 200',
      `GET /v2/cache/blobs/${manifest().config.digest} 200`,
    ]);
  });

  test('writes many steps in few goes', async () => {
    await using writer = await open();
    await Promise.all(Array.from({ length: 20 }, (_, at) => writer.save(`step ${at}`)));
    expect(puts()).toBeLessThanOrEqual(3);
  });

  test('leads to all it needs: layers, and indexes of what they stand on', async () => {
    await using writer = await open();
    const base = await writer.save('base');
    const top = await writer.save('top', { below: [base.layer] });
    const { layers, config } = manifest();
    expect(config.mediaType).toBe('application/vnd.strake.cache.catalog.v1+gzip');
    expect(layers.filter(({ mediaType }) => mediaType.includes('layer-index'))).toHaveLength(2);
    await using reader = await open();
    for (const { layer } of [base, top]) {
      const index = await reader.cache.index!(layer.diffId, reader.ground.workshop);
      expect(index).toEqual((await writer.ground.workshop.store.indexes.get(layer.diffId))!.bytes);
    }
  });
});

describe('what is kept', () => {
  test('is used until it is too old', async () => {
    await using writer = await open();
    await writer.save('a');
    await using young = await open({ maxAge: '2d' }, 2);
    await using old = await open({ maxAge: '2d' }, 3);
    expect([await young.found('a'), await old.found('a')]).toEqual([['a'], []]);
  });

  test('is dropped when nobody used it for long; a use is noted once a day', async () => {
    const maxUnused = '10d';
    await using writer = await open({ maxUnused });
    await writer.save('used');
    await writer.save('forgotten');
    for (const day of [0, 6]) {
      const from = puts();
      await using reader = await open({ maxUnused }, day);
      await reader.found('used');
      await reader.ground.workshop.scope.close();
      expect(puts() - from).toBe(day === 0 ? 0 : 1);
    }
    await using later = await open({ maxUnused }, 12);
    await later.save('new');
    await using reader = await open({}, 12);
    expect(await reader.found('used', 'forgotten', 'new')).toEqual(['used', 'new']);
  });

  test('fits into the size', async () => {
    await using writer = await open();
    const { layer } = await writer.save('a');
    // The others are a few bytes larger.
    const maxSize = `${layer.descriptor.size * 2 + 50}`;
    for (const day of [1, 2]) {
      await using next = await open({ maxSize }, day);
      await next.save(`day ${day}`);
    }
    await using reader = await open();
    expect(await reader.found('a', 'day 1', 'day 2')).toEqual(['day 1', 'day 2']);
  });

  test('of stages that are only read from is not kept with mode=min', async () => {
    await using writer = await open({ mode: 'min' });
    await writer.save('image');
    await writer.save('stage', { inImage: false });
    expect(await writer.found('image', 'stage')).toEqual(['image']);
  });

  test('is listed and pruned', async () => {
    await using writer = await open();
    const { layer } = await writer.save('a');
    await using later = await open({}, 5);
    await later.save('b');
    const { cache, ground } = later;
    const listed = await cache.list!(ground.workshop);
    const shown = listed.map(({ record, used }) => `${record.step} ${new Date(used).toISOString().slice(0, 10)}`);
    expect(shown.toSorted()).toEqual(['RUN a 2024-01-01', 'RUN b 2024-01-06']);
    const { size } = layer.descriptor;
    expect(await cache.prune!({ maxUnused: 86_400_000 }, ground.workshop)).toEqual({
      removed: 1,
      bytes: size,
      kept: size,
    });
    expect(await cache.prune!({}, ground.workshop)).toEqual({ removed: 1, bytes: size, kept: 0 });
    expect(manifest().layers).toEqual([]);
    expect(await cache.prune!({}, ground.workshop)).toEqual({ removed: 0, bytes: 0, kept: 0 });
  });
});

describe('a cache that is', () => {
  test('only read is never written', async () => {
    await using writer = await open();
    await writer.save('a');
    const from = registry.lines().length;
    await using reader = await open({ write: false }, 9);
    await reader.save('b');
    expect(await reader.found('a', 'b')).toEqual(['a']);
    await reader.ground.workshop.scope.close();
    expect(
      registry
        .lines()
        .slice(from)
        .filter((line) => !line.startsWith('GET')),
    ).toEqual([]);
  });

  test('only written finds nothing, and moves nothing that is there', async () => {
    await using writer = await open({ read: false });
    await writer.save('a');
    expect(await writer.found('a')).toEqual([]);
    const from = registry.lines().length;
    await using again = await open({ read: false });
    await again.save('a');
    expect(
      registry
        .lines()
        .slice(from)
        .filter((line) => !line.startsWith('GET')),
    ).toEqual([]);
  });
});
