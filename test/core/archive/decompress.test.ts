import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compressionOf, decompressed } from '../../../core/archive/decompress.ts';
import { sniffArchive } from '../../../core/archive/sniff.ts';
import { requirements } from '../../support/needs.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { bytesOf, codeOfAsync, inPieces } from './reading.ts';

const programs = await requirements(import.meta.url, ['bzip2', 'xz-utils', 'zstd']);

const nothing = Buffer.alloc(0);
const text = Buffer.from(Array.from({ length: 12_000 }, (_, line) => `line ${line * 104_729}\n`).join(''));
const noise = randomBytes(950_000);
const runs = Buffer.concat([
  Buffer.alloc(3_000_000, 'a'),
  Buffer.from('abcabcabc'),
  Buffer.alloc(700, 'b'),
  Buffer.alloc(5),
]);
const contents: readonly (readonly [string, Buffer])[] = [
  ['text', text],
  ['noise', noise],
  ['runs', runs],
  ['one byte', Buffer.from('x')],
  ['nothing', nothing],
];

const zstdFrame = (content: Buffer, sized = true): Buffer =>
  zstdCompressSync(content, {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
    ...(sized ? { pledgedSrcSize: content.length } : {}),
  });
/** A frame that decoders skip: magic, length, whatever. */
const skipped = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('any')]);
const program =
  (name: string, ...args: string[]) =>
  (content: Buffer): Buffer =>
    execFileSync(name, ['-c', ...args], { input: content, maxBuffer: 1 << 26 });
const halves =
  (compress: (content: Buffer) => Buffer) =>
  (content: Buffer): Buffer => {
    const middle = content.length >> 1;
    return Buffer.concat([compress(content.subarray(0, middle)), compress(content.subarray(middle))]);
  };

type Compress = (content: Buffer) => Buffer;
/** The same content is compressed once. */
const once = (compress: Compress): Compress => {
  const known = new Map<Buffer, Buffer>();
  return (content) => known.get(content) ?? known.set(content, compress(content)).get(content)!;
};

type Way = readonly [string, Compress];
const remembered = (ways: readonly Way[]): readonly Way[] => ways.map(([name, compress]) => [name, once(compress)]);

const nodes = remembered([
  ['gzip', (content) => gzipSync(content)],
  ['gzip in two members', halves((content) => gzipSync(content))],
  ['zstd', (content) => zstdFrame(content)],
  ['zstd in two frames', halves(zstdFrame)],
  ['zstd that does not tell its size', halves((content) => zstdFrame(content, false))],
  ['zstd with frames to skip', (content) => Buffer.concat([skipped, zstdFrame(content), skipped, skipped])],
]);
const others = remembered([
  ['zstd as its program writes it', program('zstd', '-q', '-3')],
  ['zstd with a long window', program('zstd', '-q', '-1', '--long=27')],
  ['bzip2', program('bzip2')],
  ['bzip2 with small blocks', program('bzip2', '-1')],
  ['bzip2 in two streams', halves(program('bzip2'))],
  ['xz', program('xz')],
  ['xz of little memory in two streams', halves(program('xz', '-0'))],
  ['xz with a CRC-32', program('xz', '--check=crc32')],
]);

function comesOut(_: string, compress: Compress): void {
  test.each(contents)('%s comes out as it went in', async (_name, content) => {
    const compressed = compress(content);
    for (const piece of [compressed.length || 1, 10_007])
      expect((await bytesOf(decompressed(inPieces(compressed, piece)))).equals(content)).toBe(true);
  });

  test('arrives byte by byte', async () => {
    const content = text.subarray(0, 4000);
    expect((await bytesOf(decompressed(inPieces(compress(content), 1)))).equals(content)).toBe(true);
  });

  test('every end before the end is noticed', async () => {
    const content = text.subarray(0, 30_000);
    const compressed = compress(content);
    for (const cut of [1, 2, 3, 5, 9, 40, compressed.length >> 2]) {
      const short = compressed.subarray(0, compressed.length - cut);
      // Cut where one stream ends and nothing follows it, it is a whole one.
      const whole = await codeOfAsync(async () => {
        const read = await bytesOf(decompressed(inPieces(short, 4096)));
        if (read.length === content.length) throw Object.assign(new Error('nothing is missing'), { code: 'whole' });
      });
      expect(['COMPRESSED_STREAM_DAMAGED', 'whole'], `${cut} bytes less`).toContain(whole);
    }
  });

  test('leaving early ends the source', async () => {
    let ended = false;
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        for (;;) yield* inPieces(compress(noise), 65_536);
      } finally {
        ended = true;
      }
    };
    for await (const chunk of decompressed(source())) if (chunk.length > 0) break;
    await new Promise((go) => setTimeout(go, 20));
    expect(ended).toBe(true);
  });

  test('an error of the source comes through as it is', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield compress(noise).subarray(0, 100_000);
      throw new Error('the network is gone');
    };
    await expect(bytesOf(decompressed(source()))).rejects.toThrow('the network is gone');
  });
}

/** All that can be made here; what cannot is told once. */
const ways = programs.missing === undefined ? [...nodes, ...others] : nodes;

describe.each(nodes)('%s', comesOut);
programs.suite('what other programs compressed', () => describe.each(others)('%s', comesOut));

const checksTell = ([name]: Way): boolean => !name.includes('does not tell') && !/program|window/.test(name);

async function noticesBits(_: string, compress: Compress): Promise<void> {
  const content = text.subarray(0, 60_000);
  const compressed = compress(content);
  for (const part of [0.3, 0.5, 0.7]) {
    const damaged = Buffer.from(compressed);
    damaged[Math.floor(damaged.length * part)]! ^= 4;
    expect(await codeOfAsync(() => bytesOf(decompressed(inPieces(damaged, 5000))))).toBe('COMPRESSED_STREAM_DAMAGED');
  }
}

test.each(nodes.filter(checksTell))('%s: a changed bit is noticed', noticesBits);
programs.suite('of what other programs compressed', () =>
  test.each(others.filter(checksTell))('%s: a changed bit is noticed', noticesBits),
);

test('what is not compressed stays as it is', async () => {
  for (const content of [text, Buffer.alloc(0), Buffer.from('B'), Buffer.from('BZhx is no bzip2'), Buffer.from([0x1f])])
    expect((await bytesOf(decompressed(inPieces(content, 3000)))).equals(content)).toBe(true);
});

test('formats are told by their first bytes', () => {
  expect(compressionOf(gzipSync('x'))).toBe('gzip');
  expect(compressionOf(zstdFrame(text))).toBe('zstd');
  expect(compressionOf(skipped)).toBe('zstd');
  expect(compressionOf(Buffer.from('BZh9'))).toBe('bzip2');
  expect(compressionOf(Buffer.from('\xfd7zXZ\0', 'latin1'))).toBe('xz');
  expect(compressionOf(Buffer.from('BZh0'))).toBeUndefined();
  expect(compressionOf(Buffer.alloc(0))).toBeUndefined();
});

test('filters of xz that only its own program has are named as the reason', async () => {
  const filtered = program('xz', '--x86', '--lzma2')(text);
  await expect(bytesOf(decompressed([filtered]))).rejects.toThrow('only the xz program knows');
});

describe('an archive is told by what is in it', () => {
  const tar = writeTar([{ path: 'big', content: noise }, { path: 'file' }]);

  test.each(ways)('a tar in %s', async (name, compress) => {
    expect(await sniffArchive(inPieces(compress(tar), 65_536))).toBe(name.split(' ')[0]);
  });
  test.each(ways)('no tar in %s', async (_, compress) => {
    expect(await sniffArchive(inPieces(compress(text), 65_536))).toBeUndefined();
    expect(await sniffArchive(inPieces(compress(nothing), 65_536))).toBeUndefined();
  });

  test('plain ones', async () => {
    expect(await sniffArchive([tar])).toBe('tar');
    expect(await sniffArchive([tar.subarray(0, 511)])).toBeUndefined();
    expect(await sniffArchive([text])).toBeUndefined();
    expect(await sniffArchive([Buffer.alloc(10_240)])).toBeUndefined();
    expect(await sniffArchive([])).toBeUndefined();
    expect(await sniffArchive([Buffer.from([0x1f, 0x8b, 8, 0])])).toBeUndefined();
  });

  test('no more is read than it takes', async () => {
    let pieces = 0;
    const source = (async function* () {
      for await (const piece of inPieces(gzipSync(tar), 16_384)) {
        pieces++;
        yield piece;
      }
    })();
    expect(await sniffArchive(source)).toBe('gzip');
    expect(pieces).toBeLessThan(20);
  });
});
