import { describe, expect, test } from 'vitest';
import { mergedView } from '../../../core/rootfs/merged-view.ts';
import { image, layer, path, show } from './layers.ts';

const paths = (...layers: string[][]): string[] => [...image(...layers).walk()].map(show);

describe('what shows of a stack of layers', () => {
  test.each<[string, string[][], string[]]>([
    ['no layer is an empty root', [], ['dir / 0755']],
    ['a layer alone', [['dir /a 0700', 'file /a/f x']], ['dir / 0755', 'dir /a 0700', 'file /a/f 0644']],
    ['the upper file wins', [['file /f 0600'], ['file /f 0640']], ['dir / 0755', 'file /f 0640']],
    ['a whiteout takes a file away', [['file /f', 'file /g'], ['gone /f']], ['dir / 0755', 'file /g 0644']],
    ['a whiteout takes a tree away', [['dir /d', 'file /d/f'], ['gone /d']], ['dir / 0755']],
    [
      'what was taken away comes back empty',
      [['dir /d', 'file /d/f'], ['gone /d'], ['dir /d 0700']],
      ['dir / 0755', 'dir /d 0700'],
    ],
    [
      'a whiteout and an entry of the same layer',
      [
        ['dir /d', 'file /d/f'],
        ['gone /d', 'dir /d 0700', 'file /d/g'],
      ],
      ['dir / 0755', 'dir /d 0700', 'file /d/g 0644'],
    ],
    [
      'an opaque mark hides what is below only',
      [
        ['dir /d 0700', 'file /d/f'],
        ['dir /d 0711', 'opaque /d', 'file /d/g'],
      ],
      ['dir / 0755', 'dir /d 0711', 'file /d/g 0644'],
    ],
    [
      'an opaque mark without its directory keeps the old mode',
      [
        ['dir /d 0700', 'file /d/f'],
        ['opaque /d', 'file /d/g'],
      ],
      ['dir / 0755', 'dir /d 0700', 'file /d/g 0644'],
    ],
    ['a file hides a directory', [['dir /d', 'file /d/f'], ['file /d']], ['dir / 0755', 'file /d 0644']],
    ['a directory over a file shows nothing of it', [['file /d'], ['dir /d 0700']], ['dir / 0755', 'dir /d 0700']],
    [
      'a directory over a file hides the directory below',
      [['dir /d', 'file /d/f'], ['file /d'], ['dir /d']],
      ['dir / 0755', 'dir /d 0755'],
    ],
    [
      'directories merge, the upper mode wins',
      [
        ['dir /d 0700', 'file /d/f'],
        ['dir /d 0711', 'file /d/g'],
      ],
      ['dir / 0755', 'dir /d 0711', 'file /d/f 0644', 'file /d/g 0644'],
    ],
    ['parents no layer lists', [['file /a/b/f']], ['dir / 0755', 'dir /a 0755', 'dir /a/b 0755', 'file /a/b/f 0644']],
    [
      'parents only a lower layer lists',
      [['dir /a 0700', 'file /a/f'], ['file /a/g']],
      ['dir / 0755', 'dir /a 0700', 'file /a/f 0644', 'file /a/g 0644'],
    ],
    [
      'parents an upper layer leaves out over a file',
      [['file /a'], ['file /a/g']],
      ['dir / 0755', 'dir /a 0755', 'file /a/g 0644'],
    ],
    ['marks alone make no directory', [['file /f'], ['gone /d/x']], ['dir / 0755', 'file /f 0644']],
    [
      'a whiteout in a directory that only lower layers list',
      [['dir /d 0700', 'file /d/f', 'file /d/g'], ['gone /d/f']],
      ['dir / 0755', 'dir /d 0700', 'file /d/g 0644'],
    ],
    [
      'names that sort around a slash',
      [['dir /a', 'file /a/z', 'file /a-b', 'file /a0']],
      ['dir / 0755', 'dir /a 0755', 'file /a/z 0644', 'file /a-b 0644', 'file /a0 0644'],
    ],
    ['the root of a layer', [['dir / 0700', 'file /f']], ['dir / 0700', 'file /f 0644']],
    [
      'a hard link is the file it names',
      [['file /f 0600', 'hard /g -> /f']],
      ['dir / 0755', 'file /f 0600', 'file /g 0600'],
    ],
    [
      'a hard link of its own layer, not of the one above',
      [['file /f 0600', 'hard /g -> /f'], ['file /f 0640']],
      ['dir / 0755', 'file /f 0640', 'file /g 0600'],
    ],
  ])('%s', (_, layers, expected) => {
    expect(paths(...layers)).toEqual(expected);
  });
});

describe('following links', () => {
  const view = image([
    'dir /usr',
    'dir /usr/bin',
    'file /usr/bin/sh',
    'link /bin -> usr/bin',
    'link /abs -> /usr/bin',
    'link /up -> ../../../usr',
    'link /chain -> bin',
    'link /dangling -> /nowhere/at/all',
    'link /loop -> /loop2',
    'link /loop2 -> loop',
    'link /usr/abs -> /usr/bin',
    'link /usr/bin/dots -> ./../bin/./sh',
    'file /plain',
  ]);
  test.each([
    ['/bin/sh', '/usr/bin/sh', 'file'],
    ['/abs/sh', '/usr/bin/sh', 'file'],
    ['/up/bin/sh', '/usr/bin/sh', 'file'],
    ['/usr/abs/sh', '/usr/bin/sh', 'file'],
    ['/chain', '/usr/bin', 'directory'],
    ['/usr/bin/dots', '/usr/bin/sh', 'file'],
    ['/dangling', '/nowhere/at/all', undefined],
    ['/dangling/x', '/nowhere/at/all/x', undefined],
    ['/new/deep/er', '/new/deep/er', undefined],
    ['/bin/new', '/usr/bin/new', undefined],
    ['/plain/x', '/plain/x', undefined],
    ['/', '/', 'directory'],
  ])('%s leads to %s', (from, to, type) => {
    const { path: at, entry } = view.resolve(path(from));
    expect([at, entry?.type]).toEqual([to, type]);
  });
  test('the last component is only followed when asked', () => {
    expect(view.resolve(path('/bin'), { followLast: false }).entry?.type).toBe('symlink');
    expect(view.resolve(path('/chain/sh'), { followLast: false }).path).toBe('/usr/bin/sh');
  });
  test('a circle is a problem', () => {
    expect(() => view.resolve(path('/loop/x'))).toThrow(expect.objectContaining({ code: 'LINK_LOOP' }));
  });
});

describe('where content lies', () => {
  const view = mergedView([
    layer(['dir /etc', 'file /etc/passwd a', 'file /f 1', 'hard /g -> /f'], { '/etc/passwd': 'root:0' }),
    layer(['file /etc/group b'], { '/etc/group': 'wheel:0' }),
    layer(['file /f 2', 'dir /x']),
  ]);
  test('the layer that has it, hard links as the file of their layer', () => {
    expect(view.layerOf(path('/f'))).toEqual({ layer: 2, path: '/f' });
    expect(view.layerOf(path('/g'))).toEqual({ layer: 0, path: '/f' });
    expect(view.layerOf(path('/x'))).toBeUndefined();
    expect(view.layerOf(path('/none'))).toBeUndefined();
  });
  test('small files kept with the index', () => {
    expect(Buffer.from(view.kept(path('/etc/passwd'))!).toString()).toBe('root:0');
    expect(Buffer.from(view.kept(path('/etc/group'))!).toString()).toBe('wheel:0');
    expect(view.kept(path('/f'))).toBeUndefined();
  });
  test('one that a layer above took away is not kept', () => {
    const kept = { '/etc/passwd': 'root:0' };
    const base = layer(['file /etc/passwd a', 'dir /etc'], kept);
    expect(mergedView([base, layer(['gone /etc/passwd'])]).kept(path('/etc/passwd'))).toBeUndefined();
    expect(mergedView([base, layer(['gone /etc'])]).kept(path('/etc/passwd'))).toBeUndefined();
    expect(mergedView([base, layer(['link /etc/passwd -> /f'])]).kept(path('/etc/passwd'))).toBeUndefined();
  });
  test('one behind a link is', () => {
    const linked = mergedView([
      layer(['file /data/etc/passwd a', 'link /etc -> data/etc'], { '/data/etc/passwd': 'x' }),
    ]);
    expect(Buffer.from(linked.kept(path('/etc/passwd'))!).toString()).toBe('x');
  });
});

test('lookups over sixty layers stay quick', () => {
  const layers = Array.from({ length: 60 }, (_, at) =>
    layer(['dir /usr', 'dir /usr/lib', ...Array.from({ length: 300 }, (_, file) => `file /usr/lib/f${at}-${file}`)]),
  );
  const view = mergedView(layers);
  const begun = performance.now();
  for (let at = 0; at < 2000; at++) view.lookup(path(`/usr/lib/none-${at}`));
  const each = (performance.now() - begun) / 2000;
  // The worst there is: nothing found, and every layer has the directory. A millisecond would still be ten times this.
  expect(each).toBeLessThan(1);
  expect([...view.children(path('/usr/lib'))]).toHaveLength(60 * 300);
});
