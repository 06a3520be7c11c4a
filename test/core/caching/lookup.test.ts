/** Several caches at once: who is asked, who wins, who learns. */
import { describe, expect, test } from 'vitest';
import { openScope } from '../../../core/base/scope.ts';
import { digestOf } from '../../../core/base/digest.ts';
import { problem } from '../../../core/base/errors.ts';
import type { CacheKey, DiffId } from '../../../core/base/brand.ts';
import { inOrder } from '../../../core/caching/open-caches.ts';
import { findRecords } from '../../../core/caching/lookup.ts';
import { unlessLayersLost } from '../../../core/caching/lost-layers.ts';
import { saveRecords, shareRecord } from '../../../core/caching/save.ts';
import type { CacheBackend } from '../../../core/contract/caches.ts';
import type { CacheRecord } from '../../../core/contract/record.ts';
import type { Workshop } from '../../../core/contract/workshop.ts';
import { fakeWorld } from '../../../core/testing/index.ts';

const facts = { below: [], inImage: true };
const key = (name: string): CacheKey => name as CacheKey;

const record = (name: string, layer = name): CacheRecord => ({
  key: key(name),
  layer: {
    descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: 1 },
    diffId: digestOf(`tar of ${layer}`) as string as DiffId,
    seenIn: [],
  },
  inputs: [['name', name]],
  step: `RUN ${name}`,
  created: '2024-01-01T00:00:00.000Z',
  ms: 1,
});

interface Fake extends CacheBackend {
  readonly saved: CacheRecord[];
}

function cache(name: string, ...known: readonly CacheRecord[]): Fake {
  const saved: CacheRecord[] = [];
  return {
    name,
    saved,
    find: async (keys) =>
      new Map([...known, ...saved].flatMap((one) => (keys.includes(one.key) ? [[one.key, one]] : []))),
    save: async (one) => void saved.push(one),
  };
}

const failing: CacheBackend = {
  name: 'failing',
  find: async () => Promise.reject(new Error('out of order')),
  save: async () => Promise.reject(new Error('out of order')),
};

function workshopOf(...caches: readonly CacheBackend[]) {
  const world = fakeWorld();
  const scope = openScope();
  const workshop = { world, scope, offers: { caches: inOrder(caches) } } as unknown as Workshop;
  return {
    world,
    workshop,
    async [Symbol.asyncDispose]() {
      await scope.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

describe('several caches', () => {
  test('are asked at the same time', async () => {
    let asked = 0;
    const all = Promise.withResolvers<void>();
    const patient = (name: string): CacheBackend => ({
      ...cache(name),
      async find() {
        if (++asked === 3) all.resolve();
        await all.promise;
        return new Map();
      },
    });
    await using ground = workshopOf(patient('a'), patient('b'), patient('c'));
    expect((await findRecords([key('x')], ground.workshop)).size).toBe(0);
  });

  test('win in their order, near ones first', async () => {
    const near = { ...cache('near', record('x', 'near')), near: true };
    await using ground = workshopOf(cache('a', record('x', 'a'), record('y', 'a')), cache('b', record('y', 'b')), near);
    const found = await findRecords([key('x'), key('y')], ground.workshop);
    expect([...found.values()].map(({ from }) => from)).toEqual(['near', 'a']);
  });

  test('learn what one of them knows; one that could not say is not told', async () => {
    const [first, second] = [cache('a', record('x')), cache('b')];
    await using ground = workshopOf(first, failing, second);
    const found = (await findRecords([key('x')], ground.workshop)).get(key('x'))!;
    expect(found.lacking.map(({ name }) => name)).toEqual(['b']);
    shareRecord(found, ground.workshop, facts);
    await ground.workshop.scope.close();
    expect([first.saved, second.saved]).toEqual([[], [record('x')]]);
    expect(ground.world.notices()).toEqual(['CACHE_UNAVAILABLE The cache "failing" could not be read: out of order']);
  });

  test('are told a record under each of its keys', async () => {
    const one = cache('a');
    await using ground = workshopOf(one, failing);
    const keys = ['asked', 'content'].map((name) => ({ key: key(name), inputs: [['of', name]] as const }));
    // As a step that was found by content is saved under what was asked: the record has a key of its own.
    saveRecords(keys, record('other'), ground.workshop, facts);
    await ground.workshop.scope.close();
    expect(one.saved.map((saved) => [saved.key, saved.inputs])).toEqual([
      ['asked', [['of', 'asked']]],
      ['content', [['of', 'content']]],
    ]);
    expect(ground.world.notices()).toHaveLength(2);
  });

  test('that fail while the build is given up are not told of', async () => {
    await using ground = workshopOf(failing);
    ground.world.abort();
    await findRecords([key('x')], ground.workshop);
    expect(ground.world.notices()).toEqual([]);
  });
});

describe('a layer that turns out to be lost', () => {
  const lostBy = ({ layer }: CacheRecord) => problem('LAYER_LOST', { digest: layer.descriptor.digest });
  const mismatch = (expected: string) => problem('DIGEST_MISMATCH', { what: 'A blob', expected, actual: 'other' });

  test.each([
    ['lost', lostBy(record('x'))],
    ['not what it should be', mismatch(record('x').layer.descriptor.digest)],
    ['not what it should be once unpacked', mismatch(record('x').layer.diffId)],
    [
      'gone from the registry',
      problem('BLOB_UNKNOWN', { repository: 'r', digest: record('x').layer.descriptor.digest }),
    ],
    ['gone from the store', problem('STORE_DAMAGED', { path: `/s/${digestOf('x').slice(7)}`, reason: 'gone' })],
  ])('is asked for no more, and all else is tried again: %s', async (_, error) => {
    await using ground = workshopOf(cache('a', record('x'), record('y')));
    const seen: string[][] = [];
    const result = await unlessLayersLost(ground.workshop, async (workshop) => {
      const found = await findRecords([key('x'), key('y')], workshop);
      seen.push([...found.keys()]);
      if (found.has(key('x'))) throw error;
      return 'done';
    });
    expect([result, seen]).toEqual(['done', [['x', 'y'], ['y']]]);
    expect(ground.world.notices()).toEqual([expect.stringMatching(/^CACHED_LAYER_LOST .*carried out again/)]);
  });

  test('is a failure like any other where no cache gave it', async () => {
    await using ground = workshopOf(cache('a', record('x')));
    let attempts = 0;
    const work = unlessLayersLost(ground.workshop, async (workshop) => {
      attempts++;
      await findRecords([key('x')], workshop);
      throw lostBy(record('base'));
    });
    await expect(work).rejects.toMatchObject({ code: 'LAYER_LOST' });
    expect(attempts).toBe(1);
  });

  test('is a failure when it comes back although nobody gave it again', async () => {
    await using ground = workshopOf(cache('a', record('x')));
    let attempts = 0;
    const work = unlessLayersLost(ground.workshop, async (workshop) => {
      attempts++;
      await findRecords([key('x')], workshop);
      throw lostBy(record('x'));
    });
    await expect(work).rejects.toMatchObject({ code: 'LAYER_LOST' });
    expect(attempts).toBe(2);
  });
});
