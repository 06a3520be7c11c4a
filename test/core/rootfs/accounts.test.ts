import { describe, expect, test } from 'vitest';
import { ownerOf, userOf } from '../../../core/rootfs/accounts.ts';

const passwd = Buffer.from(
  [
    'root:x:0:0:root:/root:/bin/sh',
    'app:x:1000:1001::/home/app:/bin/sh',
    '# nobody',
    'broken:x:no:1::/',
    'bare:x:7:8',
    'jürgen:x:9:9::/j:',
    '500:x:60:61::/',
  ].join('\n'),
);
const group = Buffer.from('root:x:0:\napp:x:1001:\nwheel:x:10:app,root\ndocker:x:11:app\naudio:x:12:bare\r\n');
const accounts = { passwd, group };

describe('--chown', () => {
  test.each<[string, object | string]>([
    ['7', { uid: 7, gid: 7 }],
    ['7:8', { uid: 7, gid: 8 }],
    ['app', { uid: 1000, gid: 1001 }],
    ['app:', { uid: 1000, gid: 1001 }],
    ['app:wheel', { uid: 1000, gid: 10 }],
    ['app:5', { uid: 1000, gid: 5 }],
    ['5:wheel', { uid: 5, gid: 10 }],
    ['1000', { uid: 1000, gid: 1000 }],
    ['jürgen', { uid: 9, gid: 9 }],
    ['nobody', 'OWNER_UNKNOWN'],
    ['app:nobody', 'OWNER_UNKNOWN'],
    ['broken', 'OWNER_UNKNOWN'],
    ['a:b:c', 'OWNER_INVALID'],
    [':wheel', 'OWNER_INVALID'],
    ['99999999999', 'OWNER_INVALID'],
    ['4294967294', { uid: 4294967294, gid: 4294967294 }],
  ])('%s', (spec, expected) => {
    if (typeof expected === 'string')
      expect(() => ownerOf(spec, accounts)).toThrow(expect.objectContaining({ code: expected }));
    else expect(ownerOf(spec, accounts)).toEqual(expected);
  });
  test('a name next to one that is there is suggested', () => {
    expect(() => ownerOf('ap', accounts)).toThrow(expect.objectContaining({ hint: 'Did you mean "app"?' }));
  });
  test('names need files, numbers none', () => {
    expect(ownerOf('1:2', {})).toEqual({ uid: 1, gid: 2 });
    expect(() => ownerOf('root', {})).toThrow(expect.objectContaining({ code: 'OWNER_UNKNOWN' }));
  });
});

describe('USER', () => {
  test.each<[string, object]>([
    ['', { uid: 0, gid: 0, groups: [0, 10], home: '/root', name: 'root' }],
    ['0', { uid: 0, gid: 0, groups: [0, 10], home: '/root', name: 'root' }],
    ['app', { uid: 1000, gid: 1001, groups: [1001, 10, 11], home: '/home/app', name: 'app' }],
    ['1000', { uid: 1000, gid: 1001, groups: [1001, 10, 11], home: '/home/app', name: 'app' }],
    ['app:wheel', { uid: 1000, gid: 10, groups: [10], home: '/home/app', name: 'app' }],
    ['1000:5', { uid: 1000, gid: 5, groups: [5], home: '/home/app', name: 'app' }],
    ['77', { uid: 77, gid: 0, groups: [0] }],
    ['77:88', { uid: 77, gid: 88, groups: [88] }],
    ['bare', { uid: 7, gid: 8, groups: [8, 12], home: '/', name: 'bare' }],
  ])('%s', (spec, expected) => {
    expect(userOf(spec, accounts)).toEqual(expected);
  });
  test('a pair of numbers needs no files, nor does root', () => {
    expect(userOf('1:2', {})).toEqual({ uid: 1, gid: 2, groups: [2] });
    expect(userOf('', {})).toEqual({ uid: 0, gid: 0, groups: [0] });
  });
  test('an unknown name fails', () => {
    expect(() => userOf('nobody', accounts)).toThrow(expect.objectContaining({ code: 'OWNER_UNKNOWN' }));
  });
});
