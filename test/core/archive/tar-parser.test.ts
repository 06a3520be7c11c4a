import { expect, test } from 'vitest';
import { toBuffer } from '../../../core/base/bytes.ts';
import { tarParser } from '../../../core/archive/tar-parser.ts';
import { checksum, writeTar, type TarItem } from '../../support/raw-tar.ts';
import { codeOf, readTar } from './reading.ts';

const one = (item: TarItem) => readTar(writeTar([item]))[0]!;
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

test.each([
  ['a', '/a'],
  ['./a/b/', '/a/b'],
  ['/etc/passwd', '/etc/passwd'],
  ['.//a//b', '/a/b'],
  ['a/./b/.', '/a/b'],
  ['...', '/...'],
  ['a..b/..c', '/a..b/..c'],
])('the name %s means %s', (name, path) => {
  expect(one({ path: name }).path).toBe(path);
});

test.each(['..', '../x', 'a/../b', '/..', './..', 'a/..', 'a/../../etc/passwd'])('the name %s is refused', (path) => {
  expect(codeOf(() => one({ path }))).toBe('ARCHIVE_ENTRY_OUTSIDE');
  expect(codeOf(() => one({ path, dialect: 'gnu' }))).toBe('ARCHIVE_ENTRY_OUTSIDE');
  expect(codeOf(() => one({ path: 'x', type: 'hardlink', link: path }))).toBe('ARCHIVE_ENTRY_OUTSIDE');
  expect(codeOf(() => one({ path: 'x', pax: { path } }))).toBe('ARCHIVE_ENTRY_OUTSIDE');
});

test('a symlink may say what it likes', () => {
  expect(one({ path: 'x', type: 'symlink', link: '../../../etc' })).toMatchObject({ target: '../../../etc' });
});

test('pax records take the place of what the header says', () => {
  const pax = { path: 'long/name', uid: '5000000', gid: '4294967295', mtime: '-1.5', 'SCHILY.xattr.user.a': allBytes };
  expect(one({ path: 'x', pax, uid: 1, gid: 2, mtime: 3 })).toEqual({
    type: 'file',
    path: '/long/name',
    mode: 0o644,
    uid: 5_000_000,
    gid: 4_294_967_295,
    mtime: -2,
    size: 0,
    content: Buffer.alloc(0),
    xattrs: new Map([['user.a', allBytes]]),
  });
});

test('libarchive and GNU tar write attribute names their own way', () => {
  const pax = {
    'LIBARCHIVE.xattr.user.a%20b': Buffer.from(allBytes.toString('base64')),
    'SCHILY.xattr.user.c%3Dd': 'equals',
  };
  const { xattrs } = one({ path: 'x', pax }) as { xattrs?: ReadonlyMap<string, Buffer> };
  expect([...xattrs!]).toEqual([
    ['user.a b', allBytes],
    ['user.c=d', Buffer.from('equals')],
  ]);
});

test('global records hold until a local one, or an empty one, takes them back', () => {
  const bytes = writeTar([
    { path: 'pax', pax: { uid: '7', mtime: '9' } },
    { path: 'a', uid: 1, mtime: 1 },
    { path: 'b', uid: 1, mtime: 1, pax: { uid: '8' } },
    { path: 'c', uid: 1, mtime: 1, pax: { uid: '' } },
  ]);
  // The first extended header becomes a global one, and the entry behind it goes.
  bytes[156] = 'g'.charCodeAt(0);
  bytes.write(`${checksum(bytes.subarray(0, 512)).toString(8).padStart(6, '0')}\0 `, 148);
  const shorter = Buffer.concat([bytes.subarray(0, 1024), bytes.subarray(1536)]);
  const found = readTar(shorter).map((entry) => ('uid' in entry ? [entry.path, entry.uid, entry.mtime] : []));
  expect(found).toEqual([
    ['/a', 7, 9],
    ['/b', 8, 9],
    ['/c', 1, 9],
  ]);
});

test('GNU numbers beyond octal', () => {
  const item: TarItem = { path: 'x', uid: 3_000_000_000, gid: 2_097_152, mtime: -86_400, dialect: 'gnu' };
  expect(one(item)).toMatchObject({ uid: 3_000_000_000, gid: 2_097_152, mtime: -86_400 });
  expect(one({ path: 'x', mtime: 2 ** 40, dialect: 'gnu' })).toMatchObject({ mtime: 2 ** 40 });
  // "nobody" of old systems.
  expect(one({ path: 'x', uid: -2, dialect: 'gnu' })).toMatchObject({ uid: 4_294_967_294 });
});

test('names that are no UTF-8', () => {
  for (const dialect of ['pax', 'gnu'] as const) {
    const name = toBuffer(`${'d'.repeat(120)}/caf\xe9\xff`);
    expect(one({ path: name, dialect }).path).toBe(`/${name.toString('latin1')}`);
  }
});

test('devices, pipes, and the bits above permissions', () => {
  expect(one({ path: 'null', type: 'char', major: 1, minor: 3 })).toMatchObject({ type: 'char', major: 1, minor: 3 });
  expect(one({ path: 'sda', type: 'block', major: 8, minor: 0 })).toMatchObject({ type: 'block', major: 8, minor: 0 });
  expect(one({ path: 'pipe', type: 'fifo' })).toMatchObject({ type: 'fifo' });
  expect(one({ path: 'su', mode: 0o104755 })).toMatchObject({ mode: 0o4755 });
});

test('content of links is skipped over as none, of directories of old as what it is', () => {
  const bytes = writeTar([{ path: 'old/', content: 'x' }, { path: 'after' }]);
  expect(readTar(bytes).map(({ type, path }) => [type, path])).toEqual([
    ['directory', '/old'],
    ['file', '/after'],
  ]);
});

const damage: readonly (readonly [string, (tar: Buffer) => Buffer, string])[] = [
  ['a changed byte of a header', (tar) => (tar.writeUInt8(0x41, 0), tar), 'ARCHIVE_DAMAGED'],
  ['an end inside the content', (tar) => tar.subarray(0, 700), 'ARCHIVE_DAMAGED'],
  ['an end inside a header', (tar) => tar.subarray(0, 100), 'ARCHIVE_DAMAGED'],
  ['an end inside the second header', (tar) => tar.subarray(0, 1100), 'ARCHIVE_DAMAGED'],
  ['a lone block of zeros', (tar) => Buffer.concat([Buffer.alloc(512), tar]), 'ARCHIVE_DAMAGED'],
  ['no closing blocks', (tar) => tar.subarray(0, -1024), 'none'],
  ['one closing block', (tar) => tar.subarray(0, -512), 'none'],
  ['filling behind the end', (tar) => Buffer.concat([tar, Buffer.alloc(10_240), Buffer.from('rest')]), 'none'],
];
test.each(damage)('%s', (_, change, code) => {
  const tar = writeTar([{ path: 'file', content: 'x'.repeat(300) }, { path: 'second' }]);
  expect(codeOf(() => readTar(change(tar)))).toBe(code);
});

test('the offset of the damage is told', () => {
  const tar = writeTar([{ path: 'file', content: 'x' }, { path: 'second' }]);
  tar[1024] = 0x41;
  expect(() => readTar(tar)).toThrow('(at byte 1024 of the tar)');
});

const headers: readonly (readonly [string, TarItem, string])[] = [
  ['an owner that would wrap around to root', { path: 'x', pax: { uid: '4294967296' } }, 'ARCHIVE_DAMAGED'],
  ['an owner that is no number', { path: 'x', pax: { gid: 'root' } }, 'ARCHIVE_DAMAGED'],
  ['a negative size', { path: 'x', pax: { size: '-1' } }, 'ARCHIVE_DAMAGED'],
  ['a name with a NUL', { path: 'x', pax: { path: 'a\0b' } }, 'ARCHIVE_DAMAGED'],
  ['no name', { path: '' }, 'ARCHIVE_DAMAGED'],
  ['a root that is a link', { path: './', type: 'symlink', link: '/etc' }, 'ARCHIVE_DAMAGED'],
  ['a link that leads nowhere', { path: 'x', type: 'symlink', link: '' }, 'ARCHIVE_DAMAGED'],
  [
    'a map of holes that overlaps',
    { path: 'x', pax: { 'GNU.sparse.map': '5,5,0,5', 'GNU.sparse.size': '10' } },
    'ARCHIVE_DAMAGED',
  ],
  [
    'a map of holes beyond the file',
    { path: 'x', pax: { 'GNU.sparse.map': '5,6', 'GNU.sparse.size': '10' } },
    'ARCHIVE_DAMAGED',
  ],
  [
    'a map of holes and no data',
    { path: 'x', pax: { 'GNU.sparse.map': '5,5', 'GNU.sparse.size': '10' } },
    'ARCHIVE_DAMAGED',
  ],
];
test.each(headers)('%s is refused', (_, item, code) => {
  expect(codeOf(() => one(item))).toBe(code);
});

test('a pax header with a malformed record is refused', () => {
  const tar = writeTar([{ path: 'x', pax: { comment: 'some words' } }]);
  const at = tar.indexOf(' comment');
  for (const digits of ['99', '01', '00', 'xx']) {
    tar.write(digits, at - 2);
    expect(
      codeOf(() => readTar(tar)),
      digits,
    ).toBe('ARCHIVE_DAMAGED');
  }
});

test('kinds that images do not have are refused by name', () => {
  const tar = writeTar([{ path: 'part' }]);
  tar[156] = 'M'.charCodeAt(0);
  tar.write(`${checksum(tar.subarray(0, 512)).toString(8).padStart(6, '0')}\0 `, 148);
  expect(() => readTar(tar)).toThrow('"/part" is a tar entry of the type "M".');
});

test('limits stop an archive at the first step too far', () => {
  const tar = writeTar([
    { path: 'a/b/c', content: 'x'.repeat(100) },
    { path: 'd', content: 'x'.repeat(100) },
  ]);
  const limited = (limits: object) => codeOf(() => readTar(tar, { limits }));
  expect(limited({ entries: 2, totalSize: 200, nameLength: 6, depth: 3 })).toBe('none');
  for (const limits of [{ entries: 1 }, { totalSize: 199 }, { nameLength: 5 }, { depth: 2 }])
    expect(limited(limits), JSON.stringify(limits)).toBe('ARCHIVE_LIMIT');
  const big = writeTar([{ path: 'x', pax: { comment: 'x'.repeat(2 << 20) } }]);
  expect(codeOf(() => readTar(big))).toBe('ARCHIVE_LIMIT');
  const link = writeTar([{ path: 'x', type: 'symlink', link: 'x'.repeat(5000) }]);
  expect(codeOf(() => readTar(link))).toBe('ARCHIVE_LIMIT');
});

test('a map of holes that goes back is refused before its data is read', () => {
  const pax = { 'GNU.sparse.map': '5,5,0,5', 'GNU.sparse.size': '10' };
  let handedOn = 0;
  const parser = tarParser({ entry: () => true, data: ({ length }) => void (handedOn += length), endEntry() {} });
  expect(() => parser.write(writeTar([{ path: 'x', content: '0123456789', pax }]))).toThrow('makes no sense');
  expect(handedOn).toBe(0);
});

test('a number with a digit that is not octal is refused', () => {
  const tar = writeTar([{ path: 'x', mode: 0o644 }]);
  tar.write('0000648', 100);
  tar.write(`${checksum(tar.subarray(0, 512)).toString(8).padStart(6, '0')}\0 `, 148);
  expect(codeOf(() => readTar(tar))).toBe('ARCHIVE_DAMAGED');
});
