/** A directory that several machines share: what they find there, and what a byte that changed does. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tryPlugin } from '../../core/testing/index.ts';
import { directoryCache, type DirectoryCacheOptions } from '../../plugins/directory-cache/index.ts';
import { keyOf, machine } from '../plugins/cache-ground.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'directory-cache-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const open = (options: Partial<DirectoryCacheOptions> = {}, day = 0) =>
  machine(directoryCache({ path, ...options }), { day });
const list = (folder: string): string[] => {
  const full = join(path, 'strake', folder);
  return existsSync(full) ? readdirSync(full).toSorted() : [];
};
const fileIn = (folder: string): string => join(path, 'strake', folder, list(folder)[0]!);

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at < 0 ? bytes.length + at : at]! ^= 0x41;
  writeFileSync(file, bytes);
}

const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY b /b\n', '/a': 'aaa', '/b': 'bbb' };

async function build() {
  await using bench = await tryPlugin(directoryCache({ path }));
  const tried = await bench.build(tree);
  expect(tried.files).toEqual({ '/a': 'aaa', '/b': 'bbb' });
  return { performed: tried.result.performed, notices: bench.world.notices() };
}

describe('a byte that is not what was written', () => {
  test('of a record, wherever it stands, is told, and the record goes', async () => {
    await using writer = await open();
    await writer.save('a');
    const good = readFileSync(fileIn('records'));
    for (let at = 0; at < good.length; at += 5) {
      writeFileSync(join(path, 'strake/records', keyOf('a')), good);
      flip(fileIn('records'), at);
      await using reader = await open();
      expect(await reader.found('a')).toEqual([]);
      expect(reader.ground.world.notices()).toEqual([expect.stringMatching(/^CACHE_DAMAGED .* was removed/)]);
      expect(list('records')).toEqual([]);
    }
  });

  test.each([2, 30, -3])('of a layer is met by whoever reads it, and the layer is made again (%i)', async (at) => {
    await build();
    flip(fileIn('blobs/sha256'), at);
    const { performed, notices } = await build();
    expect(performed).toBe(1);
    expect(notices).toEqual([expect.stringMatching(/^CACHED_LAYER_LOST .*carried out again/)]);
    expect(await build()).toEqual({ performed: 0, notices: [] });
  });

  test('of an index makes the layer be read instead', async () => {
    await using writer = await open();
    await writer.save('a');
    const { length } = readFileSync(fileIn('indexes'));
    for (let at = 0; at < length; at += 9) {
      const good = readFileSync(fileIn('indexes'));
      const file = fileIn('indexes');
      flip(file, at);
      await using reader = await open();
      const { workshop, world } = reader.ground;
      const found = (await reader.cache.find([keyOf('a')], workshop)).get(keyOf('a'))!;
      expect([...(await workshop.blobs.index(found.layer)).walk()].map((entry) => entry.path)).toEqual(['/name']);
      expect(world.notices()).toEqual([expect.stringMatching(/^CACHE_DAMAGED /)]);
      writeFileSync(file, good);
    }
  });

  test('a layer that was cut short is none', async () => {
    await using writer = await open();
    await writer.save('a');
    const blob = fileIn('blobs/sha256');
    writeFileSync(blob, readFileSync(blob).subarray(0, 20));
    expect(await writer.found('a')).toEqual([]);
    // Whoever saves it again writes it again.
    await writer.save('a');
    expect(await writer.found('a')).toEqual(['a']);
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

  test('goes when nobody used it for long, with all it led to', async () => {
    await using writer = await open();
    const base = await writer.save('base');
    await writer.save('used', { below: [base.layer] });
    await writer.save('forgotten', { below: [base.layer] });
    await using reader = await open({}, 6);
    await reader.found('base', 'used');
    await using later = await open({ maxUnused: '10d' }, 12);
    await later.save('new');
    await later.ground.workshop.scope.close();
    expect(list('records')).toEqual(['base', 'used', 'new'].map(keyOf).toSorted());
    expect([list('blobs/sha256').length, list('indexes').length]).toEqual([3, 3]);
  });

  test('fits into the size, the last used first', async () => {
    await using writer = await open();
    const { layer } = await writer.save('a');
    for (const day of [1, 2]) {
      // The others are a few bytes larger.
      await using next = await open({ maxSize: `${layer.descriptor.size * 2 + 50}` }, day);
      await next.save(`day ${day}`);
    }
    expect(list('records')).toEqual(['day 1', 'day 2'].map(keyOf).toSorted());
    expect(list('blobs/sha256')).toHaveLength(2);
  });

  test('loses no layer that another build has just written', async () => {
    await using writer = await open();
    await writer.save('a');
    const young = join(path, 'strake/blobs/sha256', 'f'.repeat(64));
    writeFileSync(young, 'its record comes next');
    utimesSync(young, new Date(Date.UTC(2024, 0, 1)), new Date(Date.UTC(2024, 0, 1)));
    await writer.cache.prune!({ maxBytes: 1 }, writer.ground.workshop);
    expect(list('blobs/sha256')).toEqual(['f'.repeat(64)]);
    await using later = await open({}, 3);
    await later.cache.prune!({ maxBytes: 1 }, later.ground.workshop);
    expect(list('blobs/sha256')).toEqual([]);
  });

  test('is listed and pruned', async () => {
    await using writer = await open();
    const { layer } = await writer.save('a');
    const { cache, ground } = writer;
    expect((await cache.list!(ground.workshop)).map(({ record }) => record.step)).toEqual(['RUN a']);
    const { size } = layer.descriptor;
    expect(await cache.prune!({}, ground.workshop)).toEqual({ removed: 1, bytes: size, kept: 0 });
    expect([list('records'), list('blobs/sha256'), list('indexes'), list('tmp')]).toEqual([[], [], [], []]);
  });

  test('of stages that are only read from is not kept with mode=min', async () => {
    await using writer = await open({ mode: 'min' });
    await writer.save('image');
    await writer.save('stage', { inImage: false });
    expect(await writer.found('image', 'stage')).toEqual(['image']);
  });
});

describe('a cache that is', () => {
  test('only read is never written', async () => {
    await using writer = await open();
    await writer.save('a');
    const before = statSync(fileIn('records')).mtimeMs;
    await using reader = await open({ write: false });
    await reader.save('b');
    expect(await reader.found('a', 'b')).toEqual(['a']);
    await reader.ground.workshop.scope.close();
    expect(list('records')).toEqual([keyOf('a')]);
    expect(statSync(fileIn('records')).mtimeMs).toBe(before);
  });

  test('only written finds nothing and gives no layer', async () => {
    await using writer = await open({ read: false });
    const { layer } = await writer.save('a');
    expect(await writer.found('a')).toEqual([]);
    expect(await writer.cache.open!(layer, writer.ground.workshop)).toBeUndefined();
    await using reader = await open();
    expect(await reader.found('a')).toEqual(['a']);
  });

  test('written by many at the same time has what all of them left, and nothing half-written', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `step ${at}`);
    await Promise.all(
      names.map(async (name) => {
        await using one = await open();
        await Promise.all([one.save(name), one.save('the same')]);
      }),
    );
    await using reader = await open();
    expect(await reader.found(...names, 'the same')).toEqual([...names, 'the same']);
    expect(list('tmp')).toEqual([]);
  });
});

test('what a killed build left half-written goes after a day', async () => {
  await using writer = await open();
  await writer.save('a');
  mkdirSync(join(path, 'strake/tmp'), { recursive: true });
  const left = join(path, 'strake/tmp/left');
  writeFileSync(left, 'half');
  utimesSync(left, new Date(Date.UTC(2024, 0, 1)), new Date(Date.UTC(2024, 0, 1)));
  await using soon = await open({}, 0);
  await soon.cache.prune!({ maxBytes: 1e9 }, soon.ground.workshop);
  expect(list('tmp')).toEqual(['left']);
  await using later = await open({}, 2);
  await later.cache.prune!({ maxBytes: 1e9 }, later.ground.workshop);
  expect([list('tmp'), await later.found('a')]).toEqual([[], ['a']]);
});
