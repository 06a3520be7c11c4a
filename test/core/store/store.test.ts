import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath, type CacheKey, type Digest } from '../../../core/base/brand.ts';
import { digestOf, hexOf } from '../../../core/base/digest.ts';
import type { CacheRecord } from '../../../core/contract/record.ts';
import type { Store } from '../../../core/contract/store.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait.ts';
import { diffId, layer, path } from '../rootfs/layers.ts';

let directory: TempDir;
let store: Store;
const open = (): Promise<Store> => openStore(hostPath(directory.at('store')));
beforeEach(async () => {
  directory = await tempDir('store');
  store = await open();
});
afterEach(async () => directory.remove());

const read = async (digest: Digest, offset?: number): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const chunk of store.blobs.open(digest, offset)) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts).toString();
};
const add = async (text: string): Promise<Digest> => (await store.blobs.write([Buffer.from(text)])).digest;
const temporary = (): string[] => readdirSync(directory.at('store/tmp'));

describe('blobs', () => {
  test('come back as they were', async () => {
    const digest = await add('hello');
    expect(digest).toBe(digestOf('hello'));
    expect(await store.blobs.has(digest)).toBe(true);
    expect(await read(digest)).toBe('hello');
    expect(readFileSync(store.blobs.path(digest), 'utf8')).toBe('hello');
    expect(temporary()).toEqual([]);
  });
  test('from an offset on', async () => {
    const text = 'x'.repeat(1_500_000) + 'yz';
    const digest = await add(text);
    expect(await read(digest, 1_500_000)).toBe('yz');
    expect(await read(digest, 1_048_575)).toBe(text.slice(1_048_575));
    expect(await read(digest, 2_000_000)).toBe('');
  });
  test('what is not expected is not kept', async () => {
    const expected = { digest: digestOf('a'), size: 1 };
    await expect(store.blobs.write([Buffer.from('b')], expected)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(store.blobs.write([Buffer.from('a')], { ...expected, size: 2 })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(await store.blobs.has(expected.digest)).toBe(false);
    expect(await store.blobs.has(digestOf('b'))).toBe(false);
    expect(temporary()).toEqual([]);
  });
  test('one that is there is not read again', async () => {
    const digest = await add('hello');
    let isAsked = false;
    async function* bytes() {
      isAsked = true;
      yield Buffer.from('hello');
    }
    expect(await store.blobs.write(bytes(), { digest, size: 5 })).toEqual({ digest, size: 5 });
    expect(isAsked).toBe(false);
  });
  test('a source that fails leaves nothing', async () => {
    async function* bytes() {
      yield Buffer.from('half');
      throw new Error('cut off');
    }
    await expect(store.blobs.write(bytes())).rejects.toThrow('cut off');
    expect(temporary()).toEqual([]);
  });
  test('a writer counts, commits or gives up', async () => {
    const writer = await store.blobs.writer();
    await writer.write(Buffer.from('he'));
    expect(writer.size).toBe(2);
    await writer.write(Buffer.from('llo'));
    await writer.commit(digestOf('hello'));
    expect(await read(digestOf('hello'))).toBe('hello');
    const other = await store.blobs.writer();
    await other.write(Buffer.from('no'));
    await other.abort();
    expect(temporary()).toEqual([]);
    expect(() => other.write(Buffer.from('more'))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
  test('a damaged one is put aside and told', async () => {
    const digest = await add('hello');
    writeFileSync(store.blobs.path(digest), 'hullo');
    await expect(read(digest)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { expected: digest, actual: digestOf('hullo') },
    });
    expect(await store.blobs.has(digest)).toBe(false);
    expect(readdirSync(directory.at('store/damaged'))).toHaveLength(1);
    expect(await add('hello')).toBe(digest);
    expect(await read(digest)).toBe('hello');
  });
  test('one that was cut short is damaged, whatever the offset', async () => {
    const digest = await add('hello');
    writeFileSync(store.blobs.path(digest), 'hell');
    await expect(read(digest, 3)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
  test('one that is missing', async () => {
    await expect(read(digestOf('none'))).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });
});

test('indexes', async () => {
  const made = layer(['dir /a', 'file /a/f x']);
  const id = diffId('one');
  expect(await store.indexes.get(id)).toBeUndefined();
  await store.indexes.put(id, made.bytes);
  expect((await store.indexes.get(id))!.get(path('/a/f'))).toMatchObject({ type: 'file' });
  const file = directory.at('store/indexes', hexOf(id));
  writeFileSync(file, readFileSync(file).subarray(3));
  expect(await (await open()).indexes.get(id)).toBeUndefined();
  expect(existsSync(file)).toBe(false);
});

describe('records', () => {
  const record = (key: string, seenIn: string[] = ['registry.example/app']): CacheRecord => ({
    key: key as CacheKey,
    layer: {
      descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(key), size: 3 },
      diffId: diffId(key),
      seenIn,
    },
    inputs: [['run', 'make']],
    step: '[build 1/2] RUN make',
    created: '2026-01-01T00:00:00Z',
    ms: 5,
  });
  const find = async (...keys: string[]) => store.records.find(keys as CacheKey[]);

  test('are found by their keys', async () => {
    await store.records.save(record('sha256:aa'));
    await store.records.save(record('sha256:bb'));
    const found = await find('sha256:aa', 'sha256:none', 'sha256:bb');
    expect([...found.keys()]).toEqual(['sha256:aa', 'sha256:bb']);
    expect(found.get('sha256:aa' as CacheKey)).toEqual(record('sha256:aa'));
  });
  test('a later one takes the place of an earlier one', async () => {
    await store.records.save(record('k'));
    await store.records.save({ ...record('k'), ms: 9 });
    expect((await find('k')).get('k' as CacheKey)!.ms).toBe(9);
  });
  test.each<[string, (text: string) => string]>([
    ['cut short', (text) => text.slice(0, -5)],
    ['edited', (text) => text.replace('make', 'fake')],
    ['empty', () => ''],
    ['no JSON', () => 'hello'],
    ['of another key', (text) => text],
  ])('one that is %s is a miss', async (what, damage) => {
    await store.records.save(record('k'));
    const [file = ''] = readdirSync(directory.at('store/records'));
    const damaged = damage(readFileSync(directory.at('store/records', file), 'utf8'));
    const target = what === 'of another key' ? 'other' : 'k';
    writeFileSync(directory.at('store/records', target), damaged);
    expect((await find(target)).size).toBe(0);
    expect(existsSync(directory.at('store/records', target))).toBe(false);
  });
  test('keys of any spelling stay apart and stay inside', async () => {
    for (const key of ['../../escape', 'A', 'a', '.hidden', 'x/y', 'x%2fy']) await store.records.save(record(key));
    expect((await find('../../escape', 'A', 'a', '.hidden', 'x/y', 'x%2fy')).size).toBe(6);
    expect(readdirSync(directory.path)).toEqual(['store']);
  });
});

test('images', async () => {
  const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('m'), size: 7 };
  await store.images.put('registry.example:5000/team/App:1.0', manifest);
  await store.images.put('registry.example:5000/team/app:1.0', { ...manifest, size: 8 });
  const again = await open();
  expect(await again.images.get('registry.example:5000/team/App:1.0')).toEqual(manifest);
  const listed = await again.images.list();
  expect(listed.map(({ name, manifest: it }) => [name, it.size])).toEqual([
    ['registry.example:5000/team/App:1.0', 7],
    ['registry.example:5000/team/app:1.0', 8],
  ]);
  // Also where a file system takes capitals for small letters.
  const names = readdirSync(directory.at('store/images')).map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(2);
  expect(listed[0]!.at.getTime()).toBeGreaterThan(Date.now() - 60_000);
  await again.images.remove('registry.example:5000/team/App:1.0');
  await again.images.remove('never there');
  expect(await store.images.get('registry.example:5000/team/App:1.0')).toBeUndefined();
});

test('a use is noted, but not at every turn', async () => {
  const digest = await add('hello');
  const file = store.blobs.path(digest);
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(file, hourAgo, hourAgo);
  await store.blobs.has(digest);
  expect(statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 10_000);
  const minutesAgo = Math.floor(Date.now() / 1000) - 300;
  utimesSync(file, minutesAgo, minutesAgo);
  await read(digest);
  expect(statSync(file).mtimeMs).toBe(minutesAgo * 1000);
});

describe('several processes', () => {
  const script = new URL('./worker-process.ts', import.meta.url).pathname;
  const start = (...words: string[]) =>
    spawn(process.execPath, [script, directory.at('store'), ...words], { stdio: ['ignore', 'pipe', 'inherit'] });

  test('write the same blobs side by side', { timeout: 30_000 }, async () => {
    const others = [start('write'), start('write')];
    for (let round = 0; round < 40; round++) await add(String(round % 7).repeat(400_000));
    const codes = await Promise.all(others.map(async (child) => (await once(child, 'close'))[0] as number));
    expect(codes).toEqual([0, 0]);
    expect(readdirSync(directory.at('store/blobs/sha256'))).toHaveLength(7);
    for (let round = 0; round < 7; round++)
      expect(await read(digestOf(String(round).repeat(400_000)))).toHaveLength(400_000);
    expect(temporary()).toEqual([]);
  });

  test('what one left half-written goes when it has been killed', { timeout: 30_000 }, async () => {
    const child = start('half', digestOf('x'));
    await once(child.stdout, 'data');
    await open();
    expect(temporary()).toHaveLength(2);
    expect(readdirSync(directory.at('store/holds'))).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'close');
    await waitFor('the kernel to forget it', () => (existsSync(`/proc/${child.pid}`) ? undefined : true));
    await open();
    expect(temporary()).toEqual([]);
    expect(readdirSync(directory.at('store/holds'))).toEqual([]);
  });

  test('what belongs to a process elsewhere goes after a day', async () => {
    const foreign = directory.at('store/tmp/77.123.4026531999.abcdef01-blob-0');
    writeFileSync(foreign, 'x');
    mkdirSync(directory.at('store/tmp/x.0123-directory-1'));
    await open();
    expect(temporary()).toHaveLength(2);
    const longAgo = Date.now() / 1000 - 25 * 3600;
    utimesSync(foreign, longAgo, longAgo);
    utimesSync(directory.at('store/tmp/x.0123-directory-1'), longAgo, longAgo);
    await open();
    expect(temporary()).toEqual([]);
  });

  test('a number that another process has now does not keep it', async () => {
    const [own = ''] = store.temp('x').split('/').at(-1)!.split('-');
    const [pid, , ...place] = own.split('.');
    writeFileSync(directory.at(`store/tmp/${pid}.1.${place.join('.')}-blob-0`), 'x');
    writeFileSync(directory.at(`store/tmp/${own}-blob-0`), 'x');
    await open();
    expect(temporary()).toEqual([`${own}-blob-0`]);
  });
});
