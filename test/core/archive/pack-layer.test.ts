import { createHash, randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { decompressed } from '../../../core/archive/decompress.ts';
import type { Compression, Content, PackEntry } from '../../../core/archive/entry.ts';
import { indexOf } from '../../../core/archive/index-stream.ts';
import { openIndex } from '../../../core/archive/layer-index.ts';
import { packLayer, type PackOptions } from '../../../core/archive/pack-layer.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { bytesOf, codeOfAsync, inPieces, readTar } from './reading.ts';

let dir: TempDir;
beforeAll(async () => {
  dir = await tempDir('pack');
});
afterAll(() => dir.remove());

const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 };
const file = (path: string, size: number, content: Content): PackEntry => ({
  ...meta,
  type: 'file',
  path: path as ImagePath,
  size,
  content,
});
const bytes = (path: string, content: Uint8Array | string): PackEntry => {
  const buffer = Buffer.from(content);
  return file(path, buffer.length, { from: 'bytes', bytes: buffer });
};
const directory = (path: string): PackEntry => ({ ...meta, mode: 0o755, type: 'directory', path: path as ImagePath });

async function pack(
  entries: Iterable<PackEntry> | AsyncIterable<PackEntry>,
  compression: Compression = { type: 'gzip' },
  more: Partial<PackOptions> = {},
) {
  const parts: Uint8Array[] = [];
  const layer = await packLayer(entries, { compression, write: (chunk) => void parts.push(chunk), ...more });
  return { layer, blob: Buffer.concat(parts) };
}

const text = Buffer.from(Array.from({ length: 60_000 }, (_, line) => `line ${line * 7919} of a text\n`).join(''));
const noise = randomBytes(2_500_000);
/** Text, then what does not shrink, then text that refers back across it. */
const mixed = (): PackEntry[] => [
  directory('/etc'),
  bytes('/etc/passwd', 'root:x:0:0::/root:/bin/sh\n'),
  bytes('/etc/group', 'root:x:0:\n'),
  bytes('/text', text),
  bytes('/noise', noise),
  bytes('/text-again', text),
  { type: 'whiteout', path: '/gone' as ImagePath },
  { ...meta, type: 'symlink', path: '/link' as ImagePath, target: 'text' as never },
];

const compressions: readonly Compression[] = [
  { type: 'gzip' },
  { type: 'gzip', level: 1 },
  { type: 'zstd' },
  { type: 'none' },
];

describe.each(compressions)('packed as %o', (compression) => {
  test('it holds what went in, and its digests are those of its bytes', async () => {
    const { layer, blob } = await pack(mixed(), compression);
    const tar = await bytesOf(decompressed([blob]));
    const sha = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
    expect(layer).toMatchObject({
      digest: sha(blob),
      diffId: sha(tar),
      size: blob.length,
      tarSize: tar.length,
      compression: compression.type,
    });
    const read = readTar(tar, { layer: true });
    expect(read.map(({ path }) => path)).toEqual(mixed().map(({ path }) => path));
    expect(read[3]!.content!.equals(text)).toBe(true);
    expect(read[4]!.content!.equals(noise)).toBe(true);
    expect(tar.subarray(-1024).equals(Buffer.alloc(1024))).toBe(true);
  });

  test('the number of threads changes no byte', async () => {
    const [one, eight] = await Promise.all([1, 8].map((threads) => pack(mixed(), compression, { threads })));
    expect(one!.layer.digest).toBe(eight!.layer.digest);
  });

  test('its index is the one that reading the layer gives', async () => {
    const { layer, blob } = await pack(mixed(), compression);
    const read = await indexOf(inPieces(blob, 70_001));
    expect(read).toMatchObject({
      diffId: layer.diffId,
      digest: layer.digest,
      size: layer.size,
      tarSize: layer.tarSize,
    });
    expect(Buffer.from(read.index).equals(layer.index)).toBe(true);
    const index = openIndex(layer.index);
    expect(Buffer.from(index.kept('/etc/passwd' as ImagePath)!).toString()).toBe('root:x:0:0::/root:/bin/sh\n');
    expect(Buffer.from(index.kept('/etc/group' as ImagePath)!).toString()).toBe('root:x:0:\n');
    expect(index.deletion('/gone' as ImagePath)).toBe('whiteout');
  });
});

test('the same entries have these bytes and this diff id for ever', async () => {
  const { layer, blob } = await pack(
    [
      directory('/etc'),
      bytes('/etc/hostname', 'strake\n'),
      { ...meta, type: 'symlink', path: '/bin' as ImagePath, target: 'usr/bin' as never },
      { type: 'opaque', path: '/var' as ImagePath },
    ],
    { type: 'none' },
  );
  const mtime = meta.mtime;
  const expected = writeTar([
    { path: 'etc/', type: 'directory', mtime },
    { path: 'etc/hostname', content: 'strake\n', mtime },
    { path: 'bin', type: 'symlink', link: 'usr/bin', mode: 0o644, mtime },
    { path: 'var/.wh..wh..opq', mode: 0, mtime: 0 },
  ]);
  expect(blob.equals(expected)).toBe(true);
  expect(layer.diffId).toBe('sha256:04a19c7680fff8aa51f3375c646348e80eb28cfa213021b6a7b44f89df840541');
});

test('one gzip member that any reader takes, as small as one made in one piece', async () => {
  const { blob } = await pack([bytes('/a', Buffer.concat([text, text])), bytes('/b', noise)]);
  expect(gunzipSync(blob).length).toBeGreaterThan(text.length * 2 + noise.length);
  // What does not shrink is stored: a few bytes a block more than it was.
  expect(blob.length).toBeLessThan(noise.length * 1.001 + text.length);
});

test('files are read with their size in mind', async () => {
  const at = (name: string, content: Uint8Array | string): string => {
    writeFileSync(dir.at(name), content);
    return dir.at(name);
  };
  const big = Buffer.concat([noise, text, noise]);
  const { blob } = await pack(
    [
      file('/small', 5, { from: 'file', path: at('small', 'small') }),
      file('/big', big.length, { from: 'file', path: Buffer.from(at('big', big)) }),
      file('/empty', 0, { from: 'file', path: at('empty', '') }),
    ],
    { type: 'none' },
  );
  const read = readTar(blob);
  expect(read.map(({ content }) => content!.length)).toEqual([5, big.length, 0]);
  expect(read[1]!.content!.equals(big)).toBe(true);
});

describe('a source that changed', () => {
  const packed = (size: number, content: Content) => codeOfAsync(() => pack([file('/f', size, content)]));
  const streamed = (...parts: string[]): Content => ({
    from: 'stream',
    open: async function* () {
      for (const part of parts) yield Buffer.from(part);
    },
  });

  test.each([0, 1, 1000, 3_000_000])('is told of: %i bytes instead of more or fewer', async (size) => {
    writeFileSync(dir.at('file'), Buffer.alloc(size, 1));
    const content: Content = { from: 'file', path: dir.at('file') };
    expect(await packed(size, content)).toBe('none');
    expect(await packed(size + 1, content)).toBe('LAYER_SOURCE_CHANGED');
    if (size > 0) expect(await packed(size - 1, content)).toBe('LAYER_SOURCE_CHANGED');
  });

  test('also when it is no file any more', async () => {
    mkdirSync(dir.at('now-a-directory'));
    writeFileSync(dir.at('one-byte'), 'x');
    symlinkSync('one-byte', dir.at('now-a-link'));
    for (const name of ['was-there', 'now-a-directory', 'now-a-link'])
      expect(await packed(1, { from: 'file', path: dir.at(name) }), name).toBe('LAYER_SOURCE_CHANGED');
  });

  test('also when it is a stream, or bytes', async () => {
    expect(await packed(6, streamed('abc', 'def'))).toBe('none');
    expect(await packed(5, streamed('abc', 'def'))).toBe('LAYER_SOURCE_CHANGED');
    expect(await packed(7, streamed('abc', 'def'))).toBe('LAYER_SOURCE_CHANGED');
    expect(await packed(2, { from: 'bytes', bytes: Buffer.from('abc') })).toBe('LAYER_SOURCE_CHANGED');
  });
});

describe('when something fails', () => {
  const endless = function* (): Generator<PackEntry> {
    for (let at = 0; ; at++) yield bytes(`/${at}`, noise);
  };

  test('a writer that throws ends the packing with its error', async () => {
    let written = 0;
    const write = async (): Promise<void> => {
      await sleep(1);
      if (++written === 3) throw new Error('the disk is full');
    };
    await expect(packLayer(endless(), { compression: { type: 'gzip' }, write })).rejects.toThrow('the disk is full');
    await sleep(20);
    expect(written).toBe(3);
  });

  test('an aborted packing stops, and nothing is written afterwards', async () => {
    const stop = new AbortController();
    let written = 0;
    const packing = packLayer(endless(), {
      compression: { type: 'gzip' },
      signal: stop.signal,
      write: () => void (++written === 4 && stop.abort(new Error('stopped'))),
    });
    await expect(packing).rejects.toThrow('stopped');
    const before = written;
    await sleep(20);
    expect(written).toBe(before);
  });

  test('an error of the entries is the error of the packing', async () => {
    const entries = (async function* (): AsyncGenerator<PackEntry> {
      yield bytes('/a', noise);
      throw new Error('no more entries');
    })();
    await expect(pack(entries)).rejects.toThrow('no more entries');
  });
});

test('entries are taken as there is room, and a slow writer holds them back', async () => {
  let taken = 0;
  let written = 0;
  let furthest = 0;
  const entries = function* (): Generator<PackEntry> {
    for (; taken < 60; taken++) {
      furthest = Math.max(furthest, taken * 0.5 - written);
      yield bytes(`/${taken}`, noise.subarray(0, 500_000));
    }
  };
  const write = async (chunk: Uint8Array): Promise<void> => {
    await sleep(2);
    written += chunk.length / 1e6;
  };
  await packLayer(entries(), { compression: { type: 'gzip' }, threads: 3, write });
  // Three blocks under way, one being filled, one being written; in megabytes.
  expect(furthest).toBeLessThan(6.5);
});

test('others get their turn while large files are packed', async () => {
  const descriptor = openSync(dir.at('large'), 'w');
  ftruncateSync(descriptor, 200 << 20);
  closeSync(descriptor);
  let turns = 0;
  const timer = setInterval(() => void turns++, 1);
  await pack([file('/large', 200 << 20, { from: 'file', path: dir.at('large') })], { type: 'none' }, { write() {} });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

test('progress is told in bytes of the tar', async () => {
  const seen: number[] = [];
  const { layer } = await pack(mixed(), { type: 'gzip' }, { onProgress: (done) => void seen.push(done) });
  expect(seen.at(-1)).toBe(layer.tarSize);
  expect([...seen].sort((a, b) => a - b)).toEqual(seen);
});
