import assert, { AssertionError } from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { CacheKey } from '../../base/brand.ts';
import { digestOf, hexOf } from '../../base/digest.ts';
import type { CacheBackend } from '../../contract/offers.ts';
import type { Plugin } from '../../contract/plugin.ts';
import type { CacheRecord } from '../../contract/record.ts';
import { collect, treeLayer } from '../layer-trees.ts';
import { tryPlugin } from '../try-plugin.ts';
import { checksOf, type Check, type Closable } from './check.ts';
import { openGround, type Ground, type GroundOptions } from './ground.ts';

export interface CacheSubject extends GroundOptions, Closable {
  readonly plugin: Plugin;
  /** Other machines see what this one saved: a registry, a bucket. */
  readonly shared?: boolean;
  /** The same kind of cache with nothing behind it: a server that is down. */
  readonly broken?: Plugin;
}

/** What every cache promises. */
export const cacheContract = (make: () => CacheSubject | Promise<CacheSubject>): Check[] =>
  checksOf(make, { ...keeping, ...losing });

const keeping = {
  'has nothing under keys it never saw, and nothing under none': async (subject: CacheSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    for (const cache of cachesOf(ground)) {
      assert.deepEqual([...(await cache.find([], ground.workshop))], []);
      assert.deepEqual([...(await cache.find([keyOf('never saved')], ground.workshop))], []);
    }
  },

  'gives back a record as it was saved': async (subject: CacheSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    for (const cache of cachesOf(ground)) {
      const record = await recordOf('one', ground);
      await cache.save(record, ground.workshop);
      expectRecord(await findOne(cache, record.key, ground), record);
    }
  },

  'finds every key there is a record for, and no other': async (subject: CacheSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    for (const cache of cachesOf(ground)) {
      const records = await Promise.all(['one', 'two', 'three'].map((name) => recordOf(name, ground)));
      await Promise.all(records.map((record) => cache.save(record, ground.workshop)));
      const keys = ['three', 'absent', 'one', 'one', 'two'].map(keyOf);
      const found = await cache.find(keys, ground.workshop);
      assert.deepEqual([...found.keys()].sort(), ['one', 'two', 'three'].map(keyOf).sort());
      for (const record of records) expectRecord(found.get(record.key), record);
    }
  },

  'takes a record for a key it knows': async (subject: CacheSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    for (const cache of cachesOf(ground)) {
      const older = await recordOf('one', ground);
      const newer = { ...(await recordOf('other content', ground)), key: older.key };
      await cache.save(older, ground.workshop);
      await cache.save(older, ground.workshop);
      await cache.save(newer, ground.workshop);
      const { digest } = (await findOne(cache, older.key, ground))!.layer.descriptor;
      assert.ok([older, newer].some(({ layer }) => layer.descriptor.digest === digest));
    }
  },

  'makes the second of two equal builds carry out nothing': async (subject: CacheSubject) => {
    await using bench = await tryPlugin(subject.plugin, { ...subject.world, settings: { ...subject.settings } });
    const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\nWORKDIR /b\n', '/a': 'hi' };
    const first = await bench.build(tree);
    const second = await bench.build(tree);
    assert.deepEqual([first.result.performed, second.result.performed], [2, 0]);
    assert.deepEqual(second.files, first.files);
  },
};

const losing = {
  'gives no record whose layer cannot be had': async (subject: CacheSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const { store, blobs } = ground.workshop;
    for (const cache of cachesOf(ground)) {
      const record = await recordOf('one', ground);
      await cache.save(record, ground.workshop);
      rmSync(store.blobs.path(record.layer.descriptor.digest));
      const found = await findOne(cache, record.key, ground);
      if (found) assert.equal(digestOf(await collect(blobs.open(found.layer))), record.layer.descriptor.digest);
    }
  },

  'is seen from another machine, layers included': async (subject: CacheSubject) => {
    if (!subject.shared) return 'the cache is of one machine';
    await using here = await openGround(subject.plugin, subject);
    await using there = await openGround(subject.plugin, subject);
    for (const [at, cache] of cachesOf(here).entries()) {
      const record = await recordOf('one', here);
      await cache.save(record, here.workshop);
      const found = await findOne(cachesOf(there)[at]!, record.key, there);
      assert.ok(found, 'the other machine finds the record');
      await there.workshop.blobs.fetch(found.layer);
      assert.ok(await there.workshop.blobs.isLocal(record.layer.descriptor.digest), 'the layer comes');
    }
    return undefined;
  },

  'does no harm when there is nothing behind it': async (subject: CacheSubject) => {
    if (!subject.broken) return 'the subject has no broken cache';
    await using bench = await tryPlugin(subject.broken, { ...subject.world, settings: { ...subject.settings } });
    const { files } = await bench.build({ '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' });
    assert.deepEqual(files, { '/a': 'hi' });
    return undefined;
  },
};

function cachesOf({ workshop }: Ground): readonly CacheBackend[] {
  const { caches } = workshop.offers;
  if (caches.length === 0) throw new AssertionError({ message: 'the plugin offers no cache' });
  return caches;
}

const keyOf = (name: string): CacheKey => hexOf(digestOf(name)) as CacheKey;

async function recordOf(name: string, { workshop, world }: Ground): Promise<CacheRecord> {
  return {
    key: keyOf(name),
    layer: await treeLayer(workshop.store, { '/file': `content of ${name}` }),
    inputs: [
      ['instruction', `COPY ${name} /`],
      ['odd', '"\n\u{1f30a}'],
    ],
    step: `[1/1] COPY ${name} /`,
    created: world.now().toISOString(),
    ms: 12,
  };
}

const findOne = async (cache: CacheBackend, key: CacheKey, { workshop }: Ground): Promise<CacheRecord | undefined> =>
  (await cache.find([key], workshop)).get(key);

/** Where the layer may be had is the cache's to say; all else is as it was. */
function expectRecord(found: CacheRecord | undefined, saved: CacheRecord): void {
  assert.ok(found, 'the record is found');
  const comparable = ({ layer, ...rest }: CacheRecord): unknown => ({
    ...rest,
    diffId: layer.diffId,
    digest: layer.descriptor.digest,
    size: layer.descriptor.size,
    mediaType: layer.descriptor.mediaType,
  });
  assert.deepEqual(comparable(found), comparable(saved));
}
