import { lstatSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../../core/base/brand.ts';
import { digestOf } from '../../../core/base/digest.ts';
import { openFileHashes, type FileHashes } from '../../../core/rootfs/file-hashes.ts';
import type { FileStamp } from '../../../core/rootfs/host-nodes.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { path } from './layers.ts';

let directory: TempDir;
beforeEach(async () => {
  directory = await tempDir('file-hashes');
});
afterEach(async () => directory.remove());

/** An hour from now: files made by the test are old by then. */
const later = (): number => Date.now() + 3_600_000;
const day = 86_400_000;
const open = (now: () => number = later): FileHashes => openFileHashes({ file: hostPath(directory.at('hashes')), now });
const stamp = (name: string): FileStamp => lstatSync(directory.at(name), { bigint: true });
const write = (name: string, content: string): FileStamp => {
  writeFileSync(directory.at(name), content);
  return stamp(name);
};
const hash = (hashes: FileHashes, name: string, at: FileStamp) => hashes.hash(directory.at(name), at, path(`/${name}`));

test('hashes are remembered from run to run', async () => {
  const at = write('f', 'hello');
  const first = open();
  expect(first.known(at)).toBeUndefined();
  expect(hash(first, 'f', at)).toBe(digestOf('hello'));
  await first.save();
  expect(open().known(at)).toBe(digestOf('hello'));
});

test('any change of the stamp makes it unknown', async () => {
  const at = write('f', 'hello');
  const first = open();
  await hash(first, 'f', at);
  await first.save();
  const again = open();
  for (const change of [
    { size: 6n },
    { ino: at.ino + 1n },
    { dev: at.dev + 1n },
    { mtimeNs: at.mtimeNs + 1n },
    { ctimeNs: at.ctimeNs - 1n },
  ])
    expect(again.known({ ...pick(at), ...change })).toBeUndefined();
});

const pick = ({ dev, ino, size, mtimeNs, ctimeNs }: FileStamp): FileStamp => ({ dev, ino, size, mtimeNs, ctimeNs });

test('a file changed within the clock’s grain is hashed again next time', async () => {
  const at = write('f', 'hello');
  const first = open(Date.now);
  await hash(first, 'f', at);
  expect(first.known(at)).toBe(digestOf('hello'));
  await first.save();
  expect(open().known(at)).toBeUndefined();
});

test('the change itself counts, whatever time the file was given', async () => {
  write('f', 'hello');
  utimesSync(directory.at('f'), 1_000_000_000, 1_000_000_000);
  const at = stamp('f');
  const first = open(Date.now);
  await hash(first, 'f', at);
  await first.save();
  expect(open().known(at)).toBeUndefined();
});

test('what is for this run alone is not kept beside what lasts', async () => {
  const times = [later(), Date.now()];
  const hashes = open(() => times[0]!);
  await hash(hashes, 'old', write('old', 'old'));
  times.shift();
  const fresh = write('fresh', 'fresh');
  await hash(hashes, 'fresh', fresh);
  await hashes.save();
  const again = open();
  expect([again.known(stamp('old')), again.known(fresh)]).toEqual([digestOf('old'), undefined]);
});

test('a time that lies ahead is never trusted', async () => {
  write('f', 'hello');
  utimesSync(directory.at('f'), Date.now() / 1000 + 86_400, Date.now() / 1000 + 86_400);
  const at = stamp('f');
  const first = open();
  await hash(first, 'f', at);
  await first.save();
  expect(open().known(at)).toBeUndefined();
});

test('a damaged file is as good as none', async () => {
  const at = write('f', 'hello');
  const first = open();
  await hash(first, 'f', at);
  await first.save();
  const bytes = readFileSync(directory.at('hashes'));
  bytes[60] = bytes[60]! ^ 1;
  writeFileSync(directory.at('hashes'), bytes);
  expect(open().known(at)).toBeUndefined();
  writeFileSync(directory.at('hashes'), bytes.subarray(0, 50));
  expect(open().known(at)).toBeUndefined();
});

test('two runs at a time lose nothing of one another', async () => {
  const [a, b] = [write('a', 'aa'), write('b', 'bb')];
  const [one, two] = [open(), open()];
  await hash(one, 'a', a);
  await hash(two, 'b', b);
  await one.save();
  await two.save();
  const last = open();
  expect([last.known(a), last.known(b)]).toEqual([digestOf('aa'), digestOf('bb')]);
});

test('what nobody asked for in sixty days is forgotten', async () => {
  const [a, b] = [write('a', 'aa'), write('b', 'bb')];
  const first = open();
  await hash(first, 'a', a);
  await hash(first, 'b', b);
  await first.save();
  const soon = open(() => later() + 30 * day);
  expect(soon.known(a)).toBe(digestOf('aa'));
  await soon.save();
  const late = open(() => later() + 70 * day);
  await late.hash(directory.at('c'), write('c', 'cc'), path('/c'));
  await late.save();
  const last = open();
  expect([last.known(a), last.known(b)]).toEqual([digestOf('aa'), undefined]);
});

test('thousands are kept apart', async () => {
  const first = open();
  const at = write('f', 'x');
  const stamps = Array.from({ length: 5000 }, (_, number) => ({
    ...pick(at),
    mtimeNs: at.mtimeNs - BigInt(number) * 1000n,
  }));
  // The stamp must be the file's, so only the first is hashed through the file; the others through files of their own.
  await hash(first, 'f', at);
  for (let number = 0; number < 200; number++)
    await hash(first, `f${number}`, write(`f${number}`, `content ${number}`));
  await first.save();
  const again = open();
  for (let number = 0; number < 200; number++)
    expect(again.known(stamp(`f${number}`))).toBe(digestOf(`content ${number}`));
  expect(stamps.slice(1).filter((other) => again.known(other))).toEqual([]);
});

test('a file that changes while it is read is a problem', () => {
  const at = write('f', 'hello');
  writeFileSync(directory.at('f'), 'hullo');
  expect(() => hash(open(), 'f', at)).toThrow(expect.objectContaining({ code: 'LAYER_SOURCE_CHANGED' }));
});

test('a large file that is gone is a problem', async () => {
  const at = write('f', 'x'.repeat(300_000));
  await expect(hash(open(), 'gone', at)).rejects.toMatchObject({ code: 'LAYER_SOURCE_CHANGED' });
});

test('where it cannot be written nothing fails', async () => {
  const hashes = openFileHashes({ file: hostPath(directory.at('none/hashes')), now: later });
  await hash(hashes, 'f', write('f', 'hello'));
  await expect(hashes.save()).resolves.toBeUndefined();
});
