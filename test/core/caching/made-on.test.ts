/** A layer goes with those it was made on: two machines never give one image half of each. */
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CacheKey } from '../../../core/base/brand.ts';
import type { Plugin } from '../../../core/contract/plugin.ts';
import type { CacheRecord } from '../../../core/contract/record.ts';
import { tryPlugin } from '../../../core/testing/index.ts';

test('what was made on other layers is made again, until it is found by content', async () => {
  const records = new Map<CacheKey, CacheRecord>();
  const memory: Plugin = {
    name: 'memory',
    caches: [
      {
        name: 'memory',
        find: async (keys) => new Map(keys.flatMap((key) => (records.has(key) ? [[key, records.get(key)!]] : []))),
        save: async (record) => void records.set(record.key, record),
      },
    ],
  };
  await using bench = await tryPlugin(memory, {
    files: { '/app/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY b /b\n', '/app/a': 'a', '/app/b': 'b' },
  });
  const dated = (year: number): void => {
    const time = new Date(Date.UTC(year, 0, 1));
    for (const name of ['a', 'b']) utimesSync(join(bench.world.cwd, 'app', name), time, time);
  };
  const performed = async (): Promise<number> => (await bench.build('app')).result.performed;
  dated(2020);
  expect(await performed()).toBe(2);
  // Times are in layers and in no key: a machine that checked the files out later finds the same.
  dated(2021);
  expect(await performed()).toBe(0);
  const ofFirst = [...records.values()].filter(({ step }) => step.includes('COPY a'));
  for (const { key } of ofFirst) records.delete(key);
  expect(await performed()).toBe(2);
  expect(await performed()).toBe(0);
  // The layer of the first machine comes back: what was made on it is still known by content.
  for (const record of ofFirst) records.set(record.key, record);
  expect(await performed()).toBe(0);
});
