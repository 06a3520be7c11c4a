/** ADD of local archives: detected by content, a union with what is there. */
import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { writeTar, type TarItem } from '../../support/raw-tar.ts';
import type { FileEntry } from '../../../core/archive/entry.ts';
import { layerTree } from '../../../core/rootfs/layer-tree.ts';
import { copied, tree } from './copies.ts';
import { contentFrom, entryFrom, layerOfEntries } from './layers.ts';

const { suite } = await requirements(import.meta.url, ['bzip2', 'xz-utils']);

/** ADD of an archive called `a` beside the files of `extra`. */
async function add(items: readonly TarItem[] | Buffer, onto: string[] = [], copy = 'a -> /t/', extra: string[] = []) {
  const bytes = Buffer.isBuffer(items) ? items : writeTar(items);
  const archive = { ...entryFrom('file /a'), size: bytes.length } as FileEntry;
  const texts = new Map(extra.map((line) => [line.split(' ')[1]!, Buffer.from(contentFrom(line))]));
  const from = layerTree({
    label: 'the context',
    indexes: [layerOfEntries([archive, ...extra.map(entryFrom)])],
    contentOf: (_, at) => ({ from: 'bytes', bytes: texts.get(at) ?? bytes }),
  });
  return copied(copy, from, onto, { unpack: true });
}

const simple: TarItem[] = [
  { path: 'd/', type: 'directory', mode: 0o700 },
  { path: 'd/f', content: 'one', mode: 0o640, uid: 5, gid: 6 },
  { path: 'l', type: 'symlink', link: 'd/f' },
];
const unpacked = ['dir /t 0755', 'dir /t/d 0700', 'link /t/l -> d/f', 'file /t/d/f 0640 5:6 "one"'];

describe('what counts as an archive', () => {
  const tar = writeTar(simple);
  test.each<[string, Buffer]>([
    ['plain', tar],
    ['gzip', gzipSync(tar)],
    ['zstd', zstdCompressSync(tar)],
  ])('a tar, %s', async (_, bytes) => {
    expect(await add(bytes)).toEqual(unpacked);
  });
  suite('packed by other programs', () =>
    test.each(['bzip2', 'xz'])('a tar, %s', async (program) => {
      expect(await add(execFileSync(program, ['-c'], { input: tar }))).toEqual(unpacked);
    }),
  );
  test.each<[string, Buffer]>([
    ['text', Buffer.from('no archive at all')],
    ['nothing', Buffer.alloc(0)],
    ['an empty tar', Buffer.alloc(1024)],
    ['a gzip of text', gzipSync('just text')],
    ['a broken gzip', gzipSync(tar).subarray(0, 30)],
  ])('%s is copied as it is', async (_, bytes) => {
    const layer = await add(bytes);
    expect(layer).toHaveLength(2);
    expect(layer[1]).toMatch(/^file \/t\/a 0644/);
  });
  test('COPY never unpacks', async () => {
    const from = tree(['file /a.tar x']);
    expect(await copied('a.tar -> /t/', from)).toEqual(['dir /t 0755', 'file /t/a.tar 0644 "x"']);
  });
});

describe('a union with the image', () => {
  test.each<[string, TarItem[], string[], string[]]>([
    ['a destination without a slash is a directory all the same', simple, [], unpacked],
    [
      'directories take the mode of the archive',
      [{ path: 'd/', type: 'directory', mode: 0o711 }],
      ['dir /t/d 0700', 'file /t/d/old'],
      ['dir /t 0755', 'dir /t/d 0711'],
    ],
    [
      'the destination itself does not',
      [
        { path: './', type: 'directory', mode: 0o700 },
        { path: './f', content: 'x' },
      ],
      ['dir /t 0710 3:3'],
      ['dir /t 0710 3:3', 'file /t/f 0644 "x"'],
    ],
    [
      'directories the archive leaves out',
      [{ path: 'x/y/f', content: 'x', uid: 7 }],
      [],
      ['dir /t 0755', 'dir /t/x 0755', 'dir /t/x/y 0755', 'file /t/x/y/f 0644 7:0 "x"'],
    ],
    [
      'directories it leaves out and the image has',
      [{ path: 'x/f', content: 'x' }],
      ['dir /t/x 0700 4:4'],
      ['dir /t 0755', 'dir /t/x 0700 4:4', 'file /t/x/f 0644 "x"'],
    ],
    [
      'a file takes the place of a directory',
      [{ path: 'd', content: 'x' }],
      ['dir /t/d', 'file /t/d/old'],
      ['dir /t 0755', 'file /t/d 0644 "x"'],
    ],
    [
      'a directory takes the place of a file',
      [
        { path: 'd/', type: 'directory' },
        { path: 'd/f', content: 'x' },
      ],
      ['file /t/d'],
      ['dir /t 0755', 'dir /t/d 0755', 'file /t/d/f 0644 "x"'],
    ],
    [
      'a link takes the place of a file',
      [{ path: 'f', type: 'symlink', link: 'g' }],
      ['file /t/f'],
      ['dir /t 0755', 'link /t/f -> g'],
    ],
    [
      'a directory takes the place of a link of the image',
      [
        { path: 'd/', type: 'directory', mode: 0o700 },
        { path: 'd/f', content: 'x' },
      ],
      ['dir /t/real', 'link /t/d -> real'],
      ['dir /t 0755', 'dir /t/d 0700', 'file /t/d/f 0644 "x"'],
    ],
    [
      'links are followed with the destination for a root',
      [{ path: 'd/f', content: 'x' }],
      ['link /t/d -> /real', 'dir /t/real 0711'],
      ['dir /t 0755', 'dir /t/real 0711', 'file /t/real/f 0644 "x"'],
    ],
    [
      'links never lead out',
      [{ path: 'd/f', content: 'x' }],
      ['link /t/d -> ../../../etc'],
      ['dir /t 0755', 'dir /t/etc 0755', 'file /t/etc/f 0644 "x"'],
    ],
    [
      'links of the archive itself are followed',
      [
        { path: 'd', type: 'symlink', link: 'real' },
        { path: 'd/f', content: 'x' },
      ],
      [],
      ['dir /t 0755', 'link /t/d -> real', 'dir /t/real 0755', 'file /t/real/f 0644 "x"'],
    ],
    [
      'a name that comes twice is what it is the second time',
      [
        { path: 'f', content: 'old' },
        { path: 'f', content: 'new', mode: 0o600 },
      ],
      [],
      ['dir /t 0755', 'file /t/f 0600 "new"'],
    ],
    [
      'a directory that went and came back shows nothing of the image',
      [
        { path: 'd', content: 'x' },
        { path: 'd/', type: 'directory', mode: 0o700 },
      ],
      ['dir /t/d', 'file /t/d/old'],
      ['dir /t 0755', 'dir /t/d 0700', 'opaque /t/d'],
    ],
    [
      'hard links',
      [
        { path: 'f', content: 'x' },
        { path: 'g', type: 'hardlink', link: 'f' },
        { path: 'd/h', type: 'hardlink', link: 'g' },
      ],
      [],
      ['dir /t 0755', 'dir /t/d 0755', 'file /t/d/h 0644 "x"', 'hard /t/f -> /t/d/h', 'hard /t/g -> /t/d/h'],
    ],
    [
      'a hard link to a name that was overwritten keeps the content',
      [
        { path: 'f', content: 'old' },
        { path: 'g', type: 'hardlink', link: 'f' },
        { path: 'f', content: 'new' },
      ],
      [],
      ['dir /t 0755', 'file /t/g 0644 "old"', 'file /t/f 0644 "new"'],
    ],
    [
      'pipes and devices',
      [
        { path: 'p', type: 'fifo' },
        { path: 'c', type: 'char', major: 1, minor: 3 },
      ],
      [],
      ['dir /t 0755', 'char /t/c 0644', 'fifo /t/p 0644'],
    ],
    [
      'absolute names are below the destination',
      [{ path: '/etc/f', content: 'x' }],
      [],
      ['dir /t 0755', 'dir /t/etc 0755', 'file /t/etc/f 0644 "x"'],
    ],
    [
      'files named like whiteouts are files',
      [{ path: '.wh.f', content: 'x' }],
      [],
      ['dir /t 0755', 'file /t/.wh.f 0644 "x"'],
    ],
  ])('%s', async (_, items, onto, layer) => {
    expect(await add(items, onto, 'a -> /t')).toEqual(layer);
  });
  test('a file takes the place of a link', async () => {
    const layer = await add(
      [{ path: 'f', content: 'x' }],
      ['dir /t', 'link /t/f -> /etc/passwd', 'file /t/etc/passwd'],
    );
    expect(layer).toEqual(['dir /t 0755', 'file /t/f 0644 "x"']);
  });
  test('directories the archive leaves out are root’s whoever owns the rest', async () => {
    const layer = await add([{ path: 'x/f', content: 'x' }], [], 'a -> /t/ --chown=9');
    expect(layer).toEqual(['dir /t 0755 9:9', 'dir /t/x 0755', 'file /t/x/f 0644 9:9 "x"']);
  });
  test('an entry for the root of the archive, into the root', async () => {
    const items: TarItem[] = [
      { path: './', type: 'directory', mode: 0o700 },
      { path: './f', content: 'x' },
    ];
    expect(await add(items, [], 'a -> /')).toEqual(['file /f 0644 "x"']);
  });
  test('into the root', async () => {
    expect(await add(simple, ['dir /d 0755', 'file /d/old'], 'a -> /')).toEqual([
      'dir /d 0700',
      'link /l -> d/f',
      'file /d/f 0640 5:6 "one"',
    ]);
  });
  test('through a link of the image', async () => {
    expect(
      await add([{ path: 'sh', content: 'x' }], ['dir /usr', 'dir /usr/bin', 'link /bin -> usr/bin'], 'a -> /bin/'),
    ).toEqual(['dir /usr 0755', 'dir /usr/bin 0755', 'file /usr/bin/sh 0644 "x"']);
  });
  test('an owner for all of it, no mode', async () => {
    expect(await add(simple, [], 'a -> /t/ --chown=9 --chmod=0777')).toEqual([
      'dir /t 0755 9:9',
      'dir /t/d 0700 9:9',
      'link /t/l -> d/f 9:9',
      'file /t/d/f 0640 9:9 "one"',
    ]);
  });
  test('beside other sources, the later wins', async () => {
    expect(await add([{ path: 'b', content: 'packed' }], [], 'a b -> /t/', ['file /b plain'])).toEqual([
      'dir /t 0755',
      'file /t/b 0644 "plain"',
    ]);
    expect(await add([{ path: 'b', content: 'packed' }], [], 'b a -> /t/', ['file /b plain'])).toEqual([
      'dir /t 0755',
      'file /t/b 0644 "packed"',
    ]);
  });
});

describe('what is refused', () => {
  test.each<[string, TarItem[] | Buffer, string[], string]>([
    [
      'a name that climbs out',
      [
        { path: 'ok', content: 'x' },
        { path: '../evil', content: 'x' },
      ],
      [],
      'ARCHIVE_ENTRY_OUTSIDE',
    ],
    ['a name that climbs out, first of all', [{ path: '../evil', content: 'x' }], [], 'ARCHIVE_ENTRY_OUTSIDE'],
    ['a hard link to nothing', [{ path: 'g', type: 'hardlink', link: 'f' }], [], 'ARCHIVE_UNSUPPORTED'],
    [
      'a hard link to a file of the image',
      [{ path: 'g', type: 'hardlink', link: 'f' }],
      ['file /t/f'],
      'ARCHIVE_UNSUPPORTED',
    ],
    ['a name below a file of the image', [{ path: 'f/g', content: 'x' }], ['file /t/f'], 'ARCHIVE_UNSUPPORTED'],
    ['a destination that is a file', simple, ['file /t'], 'COPY_DESTINATION_CLASH'],
    ['an archive that was cut short', writeTar(simple).subarray(0, 1600), [], 'ARCHIVE_DAMAGED'],
  ])('%s', async (_, items, onto, code) => {
    expect(await add(items, onto, 'a -> /t')).toBe(code);
  });
});
