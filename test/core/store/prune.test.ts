import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath, type CacheKey, type Digest } from '../../../core/base/brand.ts';
import { digestOf } from '../../../core/base/digest.ts';
import type { Store } from '../../../core/contract/store.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { pruneStore, storeSize, type PruneOptions } from '../../../core/store/prune-store.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { diffId, layer } from '../rootfs/layers.ts';

let directory: TempDir;
let store: Store;
beforeEach(async () => {
  directory = await tempDir('prune');
  store = await openStore(hostPath(directory.at('store')));
});
afterEach(async () => directory.remove());

const hour = 3_600_000;
/** A blob of a thousand bytes, last used so many hours ago. */
const blob = async (letter: string, hoursAgo = 0): Promise<Digest> => {
  const { digest } = await store.blobs.write([Buffer.from(letter.repeat(1000))]);
  const used = (Date.now() - hoursAgo * hour) / 1000;
  utimesSync(store.blobs.path(digest), used, used);
  return digest;
};
const json = async (value: unknown): Promise<Digest> =>
  (await store.blobs.write([Buffer.from(JSON.stringify(value))])).digest;
const left = (...digests: Digest[]): boolean[] => digests.map((digest) => existsSync(store.blobs.path(digest)));
const prune = (options?: PruneOptions) => pruneStore(store, options);

test('without limits everything goes that nobody needs', async () => {
  const digests = [await blob('a'), await blob('b')];
  await store.indexes.put(diffId('a'), layer(['file /f']).bytes);
  mkdirSync(directory.at('store/damaged'));
  writeFileSync(directory.at('store/damaged/x'), 'xyz');
  const { removed, bytes, kept } = await prune();
  expect(left(...digests)).toEqual([false, false]);
  expect(removed.map(({ kind }) => kind).sort()).toEqual(['blob', 'blob', 'damaged', 'index']);
  expect(bytes).toBe(removed.reduce((sum, it) => sum + it.bytes, 0));
  expect(kept).toBe(0);
  expect(readdirSync(directory.at('store/tmp'))).toEqual([]);
});

test('a size: what was unused longest goes first', async () => {
  const [old, middle, young] = [await blob('a', 3), await blob('b', 2), await blob('c', 1)];
  const { removed, kept } = await prune({ maxBytes: 2000 });
  expect(left(old, middle, young)).toEqual([false, true, true]);
  expect(removed).toEqual([{ kind: 'blob', name: old, bytes: 1000 }]);
  expect(kept).toBe(2000);
  expect(storeSize(store)).toBe(2000);
});

test('an age', async () => {
  const [old, young] = [await blob('a', 30), await blob('b', 1)];
  await prune({ maxAge: 24 * hour });
  expect(left(old, young)).toEqual([false, true]);
});

test('an age that stops at what may be kept', async () => {
  const all = [await blob('a', 50), await blob('b', 40), await blob('c', 30)];
  await prune({ maxAge: 24 * hour, keepStorage: 2000 });
  expect(left(...all)).toEqual([false, true, true]);
});

test('a use makes young', async () => {
  const [used, unused] = [await blob('a', 30), await blob('b', 30)];
  await store.blobs.has(used);
  await prune({ maxAge: 24 * hour });
  expect(left(used, unused)).toEqual([true, false]);
});

test('what images lead to stays: indexes, manifests, configs, layers, layer indexes', async () => {
  const [layerBlob, other] = [await blob('a', 99), await blob('b', 99)];
  const config = await json({ rootfs: { type: 'layers', diff_ids: [diffId('layer')] } });
  const manifest = await json({ schemaVersion: 2, config: { digest: config }, layers: [{ digest: layerBlob }] });
  const index = await json({ schemaVersion: 2, manifests: [{ digest: manifest }] });
  await store.indexes.put(diffId('layer'), layer(['file /f']).bytes);
  await store.indexes.put(diffId('other'), layer(['file /g']).bytes);
  await store.images.put('app:1', { mediaType: 'application/vnd.oci.image.index.v1+json', digest: index, size: 1 });
  const { removed } = await prune({ maxBytes: 0 });
  expect(left(layerBlob, config, manifest, index)).toEqual([true, true, true, true]);
  expect(left(other)).toEqual([false]);
  expect(removed.map(({ name }) => name).sort()).toEqual([other, diffId('other')].sort());
  await store.images.remove('app:1');
  await prune({ maxBytes: 0 });
  expect(left(layerBlob, config, manifest, index)).toEqual([false, false, false, false]);
});

test('a manifest that is damaged or missing is no reason to fail', async () => {
  const broken = (await store.blobs.write([Buffer.from('{"layers": nonsense')])).digest;
  await store.images.put('a', { mediaType: 'x', digest: broken, size: 1 });
  await store.images.put('b', { mediaType: 'x', digest: digestOf('nowhere'), size: 1 });
  const free = await blob('c');
  await prune();
  expect(left(broken, free)).toEqual([true, false]);
});

test('what this process holds stays', async () => {
  const [held, free] = [await blob('a', 99), await blob('b', 99)];
  store.hold([held]);
  store.hold([held, digestOf('not there')]);
  await prune();
  expect(left(held, free)).toEqual([true, false]);
});

test('what another process holds stays until it ends, however it ends', { timeout: 30_000 }, async () => {
  const held = await blob('a', 99);
  const script = new URL('./worker-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, directory.at('store'), 'hold', held], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await prune();
  expect(left(held)).toEqual([true]);
  child.kill('SIGKILL');
  await once(child, 'close');
  await prune();
  expect(left(held)).toEqual([false]);
});

test('records of layers that are nowhere go with them', async () => {
  const digest = await blob('a');
  const record = (key: string, seenIn: string[]) => ({
    key: key as CacheKey,
    layer: { descriptor: { mediaType: 'x', digest, size: 1000 }, diffId: diffId('a'), seenIn },
    inputs: [],
    step: 's',
    created: '2026-01-01T00:00:00Z',
    ms: 1,
  });
  await store.records.save(record('here', []));
  await store.records.save(record('elsewhere', ['registry.example/app']));
  await prune({ maxBytes: 1_000_000 });
  expect((await store.records.find(['here', 'elsewhere'] as CacheKey[])).size).toBe(2);
  const used = (Date.now() - 99 * hour) / 1000;
  utimesSync(store.blobs.path(digest), used, used);
  await prune({ maxAge: 24 * hour });
  expect([...(await store.records.find(['here', 'elsewhere'] as CacheKey[])).keys()]).toEqual(['elsewhere']);
});
