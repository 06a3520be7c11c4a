import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { archiveWriter } from '../../../core/archive/write-archive.ts';
import { listTar } from '../../support/raw-tar-list.ts';
import { codeOfAsync } from './reading.ts';

const stream = async function* (...parts: (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    await sleep(1);
    yield Buffer.from(part);
  }
};

async function archive(mtime?: number) {
  const parts: Uint8Array[] = [];
  const writer = archiveWriter((chunk) => void parts.push(Buffer.from(chunk)), mtime === undefined ? {} : { mtime });
  await writer.directory('blobs');
  await writer.file('manifest.json', 10, stream('hello', 'world'));
  await writer.file(
    `blobs/${'x'.repeat(180)}`,
    3_000_000,
    stream(Buffer.alloc(1_500_000, 1), Buffer.alloc(1_500_000, 2)),
  );
  await writer.file('größe', 0, []);
  await writer.end();
  return Buffer.concat(parts);
}

test('a strict reader finds everything, with nothing of this machine in it', async () => {
  const entries = await listTar(await archive(), { content: (path) => path === 'manifest.json' });
  expect(entries.map((it) => [it.type, it.mode, it.uid, it.gid, it.uname, it.gname, it.mtime, it.size])).toEqual([
    ['directory', 0o755, 0, 0, '', '', 0, 0],
    ['file', 0o644, 0, 0, '', '', 0, 10],
    ['file', 0o644, 0, 0, '', '', 0, 3_000_000],
    ['file', 0o644, 0, 0, '', '', 0, 0],
  ]);
  expect(entries[1]!.content!.toString()).toBe('helloworld');
  expect(Buffer.from(entries[3]!.path, 'latin1').toString()).toBe('größe');
  const big = Buffer.concat([Buffer.alloc(1_500_000, 1), Buffer.alloc(1_500_000, 2)]);
  expect(entries[2]).toMatchObject({ sha256: createHash('sha256').update(big).digest('hex') });
});

test('the same files give the same bytes, with the time that was asked for', async () => {
  const [one, two, later] = await Promise.all([archive(), archive(), archive(1_700_000_000)]);
  expect(one.equals(two)).toBe(true);
  expect((await listTar(later)).map(({ mtime }) => mtime)).toEqual(Array(4).fill(1_700_000_000));
});

test('content of another size than stated fails', async () => {
  for (const size of [4, 6]) {
    const writer = archiveWriter(() => {});
    expect(await codeOfAsync(() => writer.file('f', size, stream('hello')))).toBe('LAYER_SOURCE_CHANGED');
    expect(await codeOfAsync(() => writer.end())).toBe('LAYER_SOURCE_CHANGED');
  }
});

test('a writer that fails is what everything after fails with', async () => {
  const writer = archiveWriter(() => Promise.reject(new Error('the disk is full')));
  await expect(writer.file('f', 3_000_000, stream(Buffer.alloc(3_000_000)))).rejects.toThrow('the disk is full');
  await expect(writer.directory('d')).rejects.toThrow('the disk is full');
  await expect(writer.end()).rejects.toThrow('the disk is full');
});

test('an error of the content comes through, and the content is let go', async () => {
  let ended = false;
  const content = async function* (): AsyncGenerator<Buffer> {
    try {
      yield Buffer.alloc(10);
      throw new Error('gone');
    } finally {
      ended = true;
    }
  };
  await expect(archiveWriter(() => {}).file('f', 20, content())).rejects.toThrow('gone');
  expect(ended).toBe(true);
});

test('a slow writer holds the content back', async () => {
  let written = 0;
  let furthest = 0;
  const writer = archiveWriter(async (chunk) => {
    await sleep(2);
    written += chunk.length;
  });
  const content = function* (): Generator<Buffer> {
    for (let made = 0; made < 40 << 16; made += 1 << 16) {
      furthest = Math.max(furthest, made - written);
      yield Buffer.alloc(1 << 16);
    }
  };
  await writer.file('f', 40 << 16, content());
  await writer.end();
  expect(furthest).toBeLessThan(4 << 16);
});
