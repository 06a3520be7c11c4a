import { expect, test } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { tarHeader } from '../../../core/archive/tar-header.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { codeOf, readTar } from './reading.ts';

const layer = (...paths: string[]) =>
  readTar(writeTar(paths.map((path) => ({ path, content: 'ignored' }))), { layer: true }).map(({ type, path }) => [
    type,
    path,
  ]);

test('names that begin with .wh. delete', () => {
  expect(layer('etc/.wh.passwd', '.wh.top', 'var/.wh..wh..opq', '.wh..wh..opq', 'a/.whiteout', 'b/x.wh.y')).toEqual([
    ['whiteout', '/etc/passwd'],
    ['whiteout', '/top'],
    ['opaque', '/var'],
    ['opaque', '/'],
    ['file', '/a/.whiteout'],
    ['file', '/b/x.wh.y'],
  ]);
});

test("aufs' own files mean nothing", () => {
  expect(layer('.wh..wh.plnk/1.2', '.wh..wh.aufs', 'after')).toEqual([['file', '/after']]);
});

test.each(['a/.wh.', 'a/.wh..', 'a/.wh...', '.wh...'])('%s would delete its parent and is refused', (path) => {
  expect(codeOf(() => layer(path))).toBe('ARCHIVE_ENTRY_OUTSIDE');
});

test('what is no layer keeps such names', () => {
  expect(readTar(writeTar([{ path: 'etc/.wh.passwd' }]))[0]).toMatchObject({ type: 'file', path: '/etc/.wh.passwd' });
});

test('deletions are written as they are read', () => {
  const deletions = [
    { type: 'whiteout', path: '/etc/passwd' },
    { type: 'whiteout', path: '/top' },
    { type: 'whiteout', path: `/${'long/'.repeat(60)}gone` },
    { type: 'opaque', path: '/var/lib' },
    { type: 'opaque', path: '/' },
  ] as { type: 'whiteout' | 'opaque'; path: ImagePath }[];
  const tar = Buffer.concat([...deletions.map(tarHeader), Buffer.alloc(1024)]);
  expect(readTar(tar, { layer: true })).toEqual(deletions);
  expect(readTar(tar)[0]).toMatchObject({ type: 'file', path: '/etc/.wh.passwd', mode: 0, mtime: 0, size: 0 });
});

test('a file that would delete another is not packed', () => {
  const entry = { type: 'file', path: '/a/.wh.b' as ImagePath, mode: 0, uid: 0, gid: 0, mtime: 0, size: 0 } as const;
  expect(codeOf(() => tarHeader(entry))).toBe('LAYER_ENTRY_IMPOSSIBLE');
});
