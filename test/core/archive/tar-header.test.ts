import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Bytes } from '../../../core/base/brand.ts';
import type { Entry } from '../../../core/archive/entry.ts';
import { tarHeader } from '../../../core/archive/tar-header.ts';
import { tarParser } from '../../../core/archive/tar-parser.ts';
import { checksum } from '../../support/raw-tar.ts';
import { listTar } from '../../support/raw-tar-list.ts';
import { chance, randomEntry } from './random-entries.ts';
import { codeOf, readTar } from './reading.ts';

const file = (path: string, more: object = {}): Entry =>
  ({ type: 'file', path, mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0, ...more }) as Entry;
const blocksOf = (entry: Entry): number => tarHeader(entry).length / 512;

/** What the parser makes of a header alone. */
function reread(header: Buffer): Entry | undefined {
  let read: Entry | undefined;
  const parser = tarParser({ entry: (entry) => ((read = entry), false), data() {}, endEntry() {} });
  parser.write(header);
  return read;
}

test('three thousand entries at the borders of the format are read as they were', () => {
  const random = chance(20_260_101);
  for (let round = 0; round < 3000; round++) {
    const entry = randomEntry(random);
    const header = tarHeader(entry);
    expect(reread(header)).toEqual(entry);
    expect(tarHeader(entry).equals(header)).toBe(true);
  }
});

test('a strict reader of its own agrees, and so does GNU tar', async () => {
  const random = chance(7);
  const entries = Array.from({ length: 400 }, () => randomEntry(random)).map((entry) =>
    entry.type === 'file' ? { ...entry, size: 0 } : entry,
  );
  const tar = Buffer.concat([...entries.map(tarHeader), Buffer.alloc(1024)]);
  const listed = await listTar(tar);
  const expected = entries.map((it) => [
    it.type === 'directory' ? `${it.path.slice(1)}/` : it.path.slice(1),
    it.type,
    it.mode,
    it.uid,
    it.gid,
    it.mtime,
  ]);
  expect(listed.map((it) => [it.path, it.type, it.mode, it.uid, it.gid, it.mtime])).toEqual(expected);
  const names = execFileSync('tar', ['-t', '--quoting-style=literal', '--null', '-f', '-'], {
    input: tar,
    stdio: 'pipe',
  });
  expect(names.toString('latin1')).toBe(expected.map(([name]) => `${String(name)}\n`).join(''));
});

test('ustar serves wherever it can', () => {
  const hundred = 'x'.repeat(100);
  expect(blocksOf(file(`/${hundred}`))).toBe(1);
  expect(blocksOf(file(`/${hundred}x`))).toBe(3);
  expect(blocksOf(file(`/${'p'.repeat(155)}/${hundred}`))).toBe(1);
  expect(blocksOf(file(`/${'p'.repeat(156)}/${hundred}`))).toBe(3);
  expect(blocksOf(file('/caf\xe9'))).toBe(1);
  expect(blocksOf(file('/a', { uid: 2_097_151, mtime: 8 ** 11 - 1, size: 8 ** 11 - 1 }))).toBe(1);
  for (const more of [{ uid: 2_097_152 }, { gid: 2_097_152 }, { mtime: -1 }, { mtime: 8 ** 11 }, { size: 8 ** 11 }])
    expect(blocksOf(file('/a', more)), JSON.stringify(more)).toBe(3);
});

test('a directory ends with a slash, also where its name fills the field', () => {
  const directory = (length: number): Entry => file(`/${'x'.repeat(length)}`, { type: 'directory' });
  expect(blocksOf(directory(99))).toBe(1);
  // The slash at the end is no place to cut the name in two.
  expect(blocksOf(directory(100))).toBe(3);
  expect(reread(tarHeader(directory(100)))).toMatchObject({ type: 'directory', path: `/${'x'.repeat(100)}` });
  expect(tarHeader(file('/', { type: 'directory' })).toString('latin1', 0, 3)).toBe('./\0');
});

test('the bytes of a header are these', () => {
  const entry = file('/etc/shadow', { mode: 0, gid: 42, mtime: 1_700_000_000, size: 513 });
  const expected = Buffer.alloc(512);
  expected.write('etc/shadow');
  expected.write('0000000\x000000000\x000000052\x0000000001001\x0014524770400\0', 100, 'latin1');
  expected.write('0', 156);
  expected.write('ustar\x0000', 257, 'latin1');
  expected.write('0000000\x000000000\0', 329, 'latin1');
  expected.write(`${checksum(expected).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  expect(tarHeader(entry).toString('latin1')).toBe(expected.toString('latin1'));
});

test('pax records are these alone, sorted', () => {
  const name = 'n'.repeat(300);
  const entry = file(`/${name}`, {
    type: 'symlink',
    target: name,
    uid: 3_000_000,
    gid: 3_000_001,
    mtime: -5,
    xattrs: new Map<string, Uint8Array>([
      ['user.b', Buffer.from([0, 255])],
      ['security.capability', Buffer.from([1, 10])],
    ]),
  });
  const header = tarHeader(entry);
  const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
  expect(header.toString('latin1', 512, 512 + size)).toBe(
    [
      '39 SCHILY.xattr.security.capability=\x01\n\n',
      '26 SCHILY.xattr.user.b=\0\xff\n',
      '15 gid=3000001\n',
      `314 linkpath=${name}\n`,
      '12 mtime=-5\n',
      `310 path=${name}\n`,
      '15 uid=3000000\n',
    ].join(''),
  );
});

test('attributes beyond what readers take are refused', () => {
  const xattrs = new Map([['user.big' as Bytes, Buffer.alloc(2 << 20)]]);
  expect(codeOf(() => tarHeader(file('/a', { xattrs })))).toBe('LAYER_ENTRY_IMPOSSIBLE');
});

test('hard links name their target without the slash in front', () => {
  const link = file('/b', { type: 'hardlink', target: '/a/file' });
  expect(tarHeader(link).toString('latin1', 157, 164)).toBe('a/file\0');
  expect(readTar(Buffer.concat([tarHeader(link), Buffer.alloc(1024)]))[0]).toMatchObject({ target: '/a/file' });
});
