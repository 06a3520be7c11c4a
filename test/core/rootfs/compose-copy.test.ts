/** BuildKit's rules for COPY, one row each. `[what, copy, sources, image, layer]` */
import { describe, expect, test } from 'vitest';
import type { BuildError } from '../../../core/base/errors.ts';
import { composeCopy } from '../../../core/rootfs/compose-copy.ts';
import { select } from '../../../core/rootfs/select-sources.ts';
import { action, copied, entriesOf, tree } from './copies.ts';
import { image } from './layers.ts';

type Row = [what: string, copy: string, from: string[], onto: string[], layer: string[] | string];

const rows = (table: Row[]): void => {
  test.each(table)('%s', async (_, copy, from, onto, layer) => {
    expect(await copied(copy, from, onto)).toEqual(layer);
  });
};

const site = ['file /f one', 'file /g two', 'dir /d 0700', 'file /d/x 0600 ex', 'dir /d/sub 0711', 'file /d/sub/y why'];
const usrMerged = ['dir /usr', 'dir /usr/bin', 'file /usr/bin/sh', 'link /bin -> usr/bin', 'dir /tmp 1777'].map(
  (line) => line.replace('1777', '01777'),
);

describe('files', () => {
  rows([
    ['to a new name', 'f -> /new', site, [], ['file /new 0644 "one"']],
    [
      'into a directory that is there',
      'f -> /tmp',
      site,
      ['dir /tmp 01777'],
      ['dir /tmp 01777', 'file /tmp/f 0644 "one"'],
    ],
    [
      'into a directory by its slash, made on the way',
      'f -> /a/b/',
      site,
      [],
      ['dir /a 0755', 'dir /a/b 0755', 'file /a/b/f 0644 "one"'],
    ],
    ['parents are made', 'f -> /a/b/c', site, [], ['dir /a 0755', 'dir /a/b 0755', 'file /a/b/c 0644 "one"']],
    [
      'parents that are there keep mode and owner',
      'f -> /a/b/c',
      site,
      ['dir /a 0700 7:8', 'dir /a/b 0711'],
      ['dir /a 0700 7:8', 'dir /a/b 0711', 'file /a/b/c 0644 "one"'],
    ],
    [
      'parents no layer lists come as unpackers make them',
      'f -> /a/c',
      site,
      ['file /a/b/x'],
      ['dir /a 0755', 'file /a/c 0644 "one"'],
    ],
    ['over a file', 'f -> /f', site, ['file /f 0600 old'], ['file /f 0644 "one"']],
    ['to the root', 'f -> /', site, [], ['file /f 0644 "one"']],
    [
      'several into one directory, by name',
      'g f -> /t/',
      site,
      [],
      ['dir /t 0755', 'file /t/f 0644 "one"', 'file /t/g 0644 "two"'],
    ],
    [
      'the same name twice: the later wins',
      'd/x f d/x -> /t/',
      site,
      [],
      ['dir /t 0755', 'file /t/f 0644 "one"', 'file /t/x 0600 "ex"'],
    ],
    [
      'one over the other',
      'a/n b/n -> /t/',
      ['file /a/n first', 'file /b/n second'],
      [],
      ['dir /t 0755', 'file /t/n 0644 "second"'],
    ],
    ['a leading slash and dots stay inside', '/../../f -> /x', site, [], ['file /x 0644 "one"']],
    ['dots on the way', 'd/../f -> /x', site, [], ['file /x 0644 "one"']],
    ['a slash behind a file is passed over', 'f/ -> /x', site, [], ['file /x 0644 "one"']],
    ['an empty file', 'e -> /e', ['file /e'], [], ['file /e 0644']],
    ['modes, setuid too, stay', 's -> /s', ['file /s 04755 x'], [], ['file /s 04755 "x"']],
    ['owners of stages stay', 'o -> /o', ['file /o x 5:6'], [], ['file /o 0644 5:6 "x"']],
    [
      'pipes and devices',
      'p c -> /t/',
      ['fifo /p 0600', 'char /c 0666'],
      [],
      ['dir /t 0755', 'char /t/c 0666', 'fifo /t/p 0600'],
    ],
    ['below a file is no place', 'f -> /f/x', site, ['file /f'], 'COPY_DESTINATION_CLASH'],
    ['into a file by its slash', 'f -> /f/', site, ['file /f'], 'COPY_DESTINATION_CLASH'],
    ['over a directory of that name inside', 'f -> /t/', site, ['dir /t', 'dir /t/f'], 'COPY_DESTINATION_CLASH'],
  ]);
});

describe('directories', () => {
  rows([
    [
      'give what is in them',
      'd -> /t',
      site,
      [],
      ['dir /t 0755', 'dir /t/sub 0711', 'file /t/sub/y 0644 "why"', 'file /t/x 0600 "ex"'],
    ],
    [
      'the same with slashes',
      'd/ -> /t/',
      site,
      [],
      ['dir /t 0755', 'dir /t/sub 0711', 'file /t/sub/y 0644 "why"', 'file /t/x 0600 "ex"'],
    ],
    [
      'the named one lends its mode to nothing',
      'd -> /t',
      site,
      ['dir /t 0710'],
      ['dir /t 0710', 'dir /t/sub 0711', 'file /t/sub/y 0644 "why"', 'file /t/x 0600 "ex"'],
    ],
    [
      'inner ones bring their modes, also to what is there',
      '. -> /',
      ['dir /tmp 0755', 'file /tmp/f x'],
      ['dir /tmp 01777'],
      ['dir /tmp 0755', 'file /tmp/f 0644 "x"'],
    ],
    ['inner empty ones come', '. -> /t', ['dir /e 0700'], [], ['dir /t 0755', 'dir /t/e 0700']],
    ['an empty one makes its destination', 'e -> /t', ['dir /e'], [], ['dir /t 0755']],
    ['an empty one onto what is there changes nothing', 'e -> /t', ['dir /e'], ['dir /t 0700'], []],
    [
      'everything',
      '. -> /t',
      site,
      [],
      [
        'dir /t 0755',
        'dir /t/d 0700',
        'dir /t/d/sub 0711',
        'file /t/d/sub/y 0644 "why"',
        'file /t/d/x 0600 "ex"',
        'file /t/f 0644 "one"',
        'file /t/g 0644 "two"',
      ],
    ],
    [
      'merge with what is there',
      'd -> /t',
      site,
      ['dir /t', 'file /t/old', 'dir /t/sub 0700', 'file /t/sub/old'],
      ['dir /t 0755', 'dir /t/sub 0711', 'file /t/sub/y 0644 "why"', 'file /t/x 0600 "ex"'],
    ],
    [
      'merge with one another',
      'a b -> /t/',
      ['file /a/x 1', 'file /a/s/p 2', 'dir /a/s 0700', 'file /b/x 3', 'dir /b/s 0711', 'file /b/s/q 4'],
      [],
      ['dir /t 0755', 'dir /t/s 0711', 'file /t/s/p 0644 "2"', 'file /t/s/q 0644 "4"', 'file /t/x 0644 "3"'],
    ],
    [
      'with files beside them',
      'd f -> /t/',
      site,
      [],
      ['dir /t 0755', 'file /t/f 0644 "one"', 'dir /t/sub 0711', 'file /t/sub/y 0644 "why"', 'file /t/x 0600 "ex"'],
    ],
    ['onto a file', 'd -> /t', site, ['file /t'], 'COPY_DESTINATION_CLASH'],
    ['an inner one onto a file', 'd -> /t', site, ['dir /t', 'file /t/sub'], 'COPY_DESTINATION_CLASH'],
    [
      'an inner one onto a link to a directory',
      '. -> /',
      ['dir /bin', 'file /bin/x y'],
      usrMerged,
      'COPY_DESTINATION_CLASH',
    ],
    ['an inner file onto a directory', 'd -> /t', site, ['dir /t', 'dir /t/x'], 'COPY_DESTINATION_CLASH'],
    [
      'a file over a directory that came before it',
      'a b -> /t/',
      ['dir /a/x', 'file /b/x 1'],
      [],
      'COPY_DESTINATION_CLASH',
    ],
    [
      'links in them are copied as links',
      '. -> /t',
      ['link /l -> /etc/passwd', 'link /broken -> nowhere'],
      [],
      ['dir /t 0755', 'link /t/broken -> nowhere', 'link /t/l -> /etc/passwd'],
    ],
    [
      'hard links in them stay hard links',
      '. -> /t',
      ['file /a x', 'hard /b -> /a', 'hard /d/c -> /a'],
      [],
      ['dir /t 0755', 'file /t/a 0644 "x"', 'hard /t/b -> /t/a', 'dir /t/d 0755', 'hard /t/d/c -> /t/a'],
    ],
    [
      'a hard link whose first name stays behind is a file',
      'd -> /t',
      ['file /a x', 'hard /d/b -> /a', 'hard /d/c -> /a'],
      [],
      ['dir /t 0755', 'file /t/b 0644 "x"', 'hard /t/c -> /t/b'],
    ],
    [
      'hard links named one by one are files of their own',
      'a b -> /t/',
      ['file /a x', 'hard /b -> /a'],
      [],
      ['dir /t 0755', 'file /t/a 0644 "x"', 'file /t/b 0644 "x"'],
    ],
    [
      'names that sort around a slash',
      '. -> /t',
      ['file /a/z 1', 'file /a-b 2', 'file /a0 3'],
      [],
      ['dir /t 0755', 'dir /t/a 0755', 'file /t/a/z 0644 "1"', 'file /t/a-b 0644 "2"', 'file /t/a0 0644 "3"'],
    ],
  ]);
});

describe('links of the image', () => {
  rows([
    [
      'a parent that is a link is followed',
      'f -> /bin/f',
      site,
      usrMerged,
      ['dir /usr 0755', 'dir /usr/bin 0755', 'file /usr/bin/f 0644 "one"'],
    ],
    [
      'a destination that is a link to a directory',
      'f -> /bin/',
      site,
      usrMerged,
      ['dir /usr 0755', 'dir /usr/bin 0755', 'file /usr/bin/f 0644 "one"'],
    ],
    [
      'the same without a slash',
      'f -> /bin',
      site,
      usrMerged,
      ['dir /usr 0755', 'dir /usr/bin 0755', 'file /usr/bin/f 0644 "one"'],
    ],
    [
      'a directory onto a link to one',
      'd/sub -> /bin',
      site,
      usrMerged,
      ['dir /usr 0755', 'dir /usr/bin 0755', 'file /usr/bin/y 0644 "why"'],
    ],
    [
      'a destination that is a link to a file',
      'f -> /l',
      site,
      ['link /l -> /d/t', 'dir /d 0700', 'file /d/t'],
      ['dir /d 0700', 'file /d/t 0644 "one"'],
    ],
    [
      'a link of the same name in the directory is replaced',
      'f -> /t/',
      site,
      ['dir /t', 'link /t/f -> /etc/passwd'],
      ['dir /t 0755', 'file /t/f 0644 "one"'],
    ],
    [
      'a link that leads nowhere: made where it points',
      'f -> /l',
      site,
      ['link /l -> /new/place'],
      ['dir /new 0755', 'file /new/place 0644 "one"'],
    ],
    [
      'a link that leads nowhere, as a directory',
      'f -> /l/',
      site,
      ['link /l -> new'],
      ['dir /new 0755', 'file /new/f 0644 "one"'],
    ],
    [
      'links never leave the image',
      'f -> /l/f',
      site,
      ['link /l -> ../../../out'],
      ['dir /out 0755', 'file /out/f 0644 "one"'],
    ],
    ['links in a circle', 'f -> /l/f', site, ['link /l -> /m', 'link /m -> /l'], 'LINK_LOOP'],
    [
      'a link replaced inside a tree',
      'd -> /t',
      site,
      ['dir /t', 'link /t/x -> /etc'],
      ['dir /t 0755', 'dir /t/sub 0711', 'file /t/sub/y 0644 "why"', 'file /t/x 0600 "ex"'],
    ],
    [
      'a copied link over a file',
      '. -> /t',
      ['link /x -> y'],
      ['dir /t', 'file /t/x'],
      ['dir /t 0755', 'link /t/x -> y'],
    ],
    ['a copied link over a directory', '. -> /t', ['link /x -> y'], ['dir /t', 'dir /t/x'], 'COPY_DESTINATION_CLASH'],
  ]);
});

describe('links of the source', () => {
  rows([
    [
      'a named one is followed and keeps its name',
      'l -> /t/',
      ['link /l -> d/f', 'file /d/f x'],
      [],
      ['dir /t 0755', 'file /t/l 0644 "x"'],
    ],
    ['an absolute one begins at the root', 'l -> /t', ['link /l -> /d/f', 'file /d/f x'], [], ['file /t 0644 "x"']],
    [
      'one that would leave the root stays inside',
      'l -> /t',
      ['link /l -> ../../f', 'file /f x'],
      [],
      ['file /t 0644 "x"'],
    ],
    [
      'one to a directory gives what is in it',
      'l -> /t',
      ['link /l -> d', 'file /d/f x'],
      [],
      ['dir /t 0755', 'file /t/f 0644 "x"'],
    ],
    ['one on the way', 'l/f -> /t', ['link /l -> d', 'file /d/f x'], [], ['file /t 0644 "x"']],
    ['one that leads nowhere', 'l -> /t', ['link /l -> nowhere'], [], 'COPY_SOURCE_MISSING'],
    [
      'those a pattern matches are followed too',
      'l* -> /t/',
      ['link /l1 -> f', 'file /f x'],
      [],
      ['dir /t 0755', 'file /t/l1 0644 "x"'],
    ],
    [
      'patterns do not look behind them',
      '*/f -> /t/',
      ['link /l -> d', 'file /d/f x'],
      [],
      ['dir /t 0755', 'file /t/f 0644 "x"'],
    ],
    ['in a circle', 'l -> /t', ['link /l -> m', 'link /m -> l'], [], 'LINK_LOOP'],
  ]);
});

describe('patterns', () => {
  const many = [
    'file /a.txt 1',
    'file /b.txt 2',
    'file /c.md 3',
    'file /s/d.txt 4',
    'file /[x] 5',
    'file /.hidden 6',
    'file /\xc3\xa4 7',
  ];
  rows([
    ['a star', '*.txt -> /t/', many, [], ['dir /t 0755', 'file /t/a.txt 0644 "1"', 'file /t/b.txt 0644 "2"']],
    ['one into no directory', 'a* -> /t', many, [], ['file /t 0644 "1"']],
    ['several onto one name: the last stays', '*.txt -> /t', many, [], ['file /t 0644 "2"']],
    ['a question mark', '?.md -> /t/', many, [], ['dir /t 0755', 'file /t/c.md 0644 "3"']],
    [
      'a question mark is a character, not a byte',
      '? -> /t/',
      many,
      [],
      ['dir /t 0755', 'file /t/d.txt 0644 "4"', 'file /t/\xc3\xa4 0644 "7"'],
    ],
    ['a class', '[ab].txt -> /t/', many, [], ['dir /t 0755', 'file /t/a.txt 0644 "1"', 'file /t/b.txt 0644 "2"']],
    ['a class that excludes', '[^a].txt -> /t/', many, [], ['dir /t 0755', 'file /t/b.txt 0644 "2"']],
    ['a bracket escaped by a class', '[[]x] -> /t/', many, [], ['dir /t 0755', 'file /t/[x] 0644 "5"']],
    ['a directory in the middle', '*/d.txt -> /t/', many, [], ['dir /t 0755', 'file /t/d.txt 0644 "4"']],
    ['no two stars', '**/d.txt -> /t/', many, [], ['dir /t 0755', 'file /t/d.txt 0644 "4"']],
    ['a star matches hidden names', '.h* -> /t/', many, [], ['dir /t 0755', 'file /t/.hidden 0644 "6"']],
    ['a directory that matches gives what is in it', 's* -> /t/', many, [], ['dir /t 0755', 'file /t/d.txt 0644 "4"']],
    ['nothing matches: an empty layer, not even the directory', '*.none -> /t/', many, [], []],
    ['nothing matches beside something', '*.none a.txt -> /t/', many, [], ['dir /t 0755', 'file /t/a.txt 0644 "1"']],
    ['a fixed part that is missing', 'none/*.txt -> /t/', many, [], 'COPY_SOURCE_MISSING'],
    ['a literal name that is missing', 'none -> /t/', many, [], 'COPY_SOURCE_MISSING'],
    ['a malformed one', '[a -> /t/', many, [], 'PATTERN_MALFORMED'],
  ]);
});

describe('--chown and --chmod', () => {
  const known = ['dir /t 0700 1:1'];
  rows([
    ['a number is user and group', 'f -> /x --chown=7', site, [], ['file /x 0644 7:7 "one"']],
    ['two numbers', 'f -> /x --chown=7:8', site, [], ['file /x 0644 7:8 "one"']],
    [
      'everything copied, links too',
      '. -> /x --chown=7:8',
      ['file /f x', 'link /l -> f', 'dir /d'],
      [],
      ['dir /x 0755 7:8', 'dir /x/d 0755 7:8', 'file /x/f 0644 7:8 "x"', 'link /x/l -> f 7:8'],
    ],
    [
      'created parents too',
      'f -> /a/b/x --chown=7:8',
      site,
      [],
      ['dir /a 0755 7:8', 'dir /a/b 0755 7:8', 'file /a/b/x 0644 7:8 "one"'],
    ],
    ['not what was there', 'f -> /t/ --chown=7:8', site, known, ['dir /t 0700 1:1', 'file /t/f 0644 7:8 "one"']],
    ['root where the source was not', 'o -> /o --chown=0:0', ['file /o x 5:6'], [], ['file /o 0644 "x"']],
    ['an octal mode', 'f -> /x --chmod=0600', site, [], ['file /x 0600 "one"']],
    ['an octal mode of four digits', 'f -> /x --chmod=4755', site, [], ['file /x 04755 "one"']],
    [
      'on directories inside as well',
      'd -> /x --chmod=0640',
      site,
      [],
      ['dir /x 0640', 'dir /x/sub 0640', 'file /x/sub/y 0640 "why"', 'file /x/x 0640 "ex"'],
    ],
    ['on created parents as well', 'f -> /a/x --chmod=0700', site, [], ['dir /a 0700', 'file /a/x 0700 "one"']],
    ['not on what was there', 'f -> /t/ --chmod=0777', site, known, ['dir /t 0700 1:1', 'file /t/f 0777 "one"']],
    ['not on links', '. -> /x --chmod=0600', ['link /l -> f'], [], ['dir /x 0600', 'link /x/l -> f']],
    [
      'symbolic',
      'd -> /x --chmod=u=rwX,go=rX',
      site,
      [],
      ['dir /x 0755', 'dir /x/sub 0755', 'file /x/sub/y 0644 "why"', 'file /x/x 0644 "ex"'],
    ],
    [
      'symbolic, but not on created parents',
      'f -> /a/x --chmod=u=rw,go=',
      site,
      [],
      ['dir /a 0755', 'file /a/x 0600 "one"'],
    ],
    ['a mode that is none', 'f -> /x --chmod=9', site, [], 'CHMOD_INVALID'],
    ['an owner nobody knows', 'f -> /x --chown=nobody', site, [], 'OWNER_UNKNOWN'],
  ]);
});

describe('--link', () => {
  rows([
    ['made as on an empty image', 'f -> /bin/ --link', site, usrMerged, ['dir /bin 0755', 'file /bin/f 0644 "one"']],
    ['existing modes do not count', 'f -> /tmp/f --link', site, usrMerged, ['dir /tmp 0755', 'file /tmp/f 0644 "one"']],
    ['to a name', 'f -> /tmp --link', site, usrMerged, ['file /tmp 0644 "one"']],
    ['with an owner', 'f -> /a/f --link --chown=7:8', site, [], ['dir /a 0755 7:8', 'file /a/f 0644 7:8 "one"']],
  ]);
  test('names of owners are those of the image', async () => {
    const accounts = { passwd: Buffer.from('app:x:10:20::/:/bin/sh\n') };
    expect(await copied('f -> /f --link --chown=app', site, [], { accounts })).toEqual(['file /f 0644 10:20 "one"']);
  });
});

describe('inline files', () => {
  const inline = [{ name: 'EOF', content: Buffer.from('hello\n') }];
  test.each<[string, string, string[], string[], string[] | string]>([
    ['to a name', '-> /x', [], [], ['file /x 0644 "hello\n"']],
    ['by their delimiter in a directory', '-> /t/', [], [], ['dir /t 0755', 'file /t/EOF 0644 "hello\n"']],
    ['into a directory that is there', '-> /t', [], ['dir /t 0700'], ['dir /t 0700', 'file /t/EOF 0644 "hello\n"']],
    ['with options', '-> /x --chmod=0755 --chown=3', [], [], ['file /x 0755 3:3 "hello\n"']],
    [
      'beside other sources, after them',
      'EOF -> /t/',
      ['file /EOF other'],
      [],
      ['dir /t 0755', 'file /t/EOF 0644 "hello\n"'],
    ],
  ])('%s', async (_, copy, from, onto, layer) => {
    expect(await copied(copy, from, onto, { inline })).toEqual(layer);
  });
});

describe('what is wrong is told', () => {
  const failure = async (copy: string, from: string[], onto: string[] = []): Promise<BuildError> => {
    const asked = action(copy);
    try {
      await entriesOf(composeCopy(asked, select(asked, tree(from)), image(onto), {}));
    } catch (error) {
      return error as BuildError;
    }
    throw new Error('it did not fail');
  };
  test('a missing source with the nearest name', async () => {
    const error = await failure('src/maim.ts -> /', ['file /src/main.ts x', 'file /src/other.ts x']);
    expect(error.message).toBe('There is no "src/maim.ts" in the context.');
    expect(error.hint).toBe('Did you mean "src/main.ts"?');
    expect(error.where).toMatchObject({ at: { start: 0 } });
  });
  test('a missing directory with the nearest name', async () => {
    expect((await failure('scr/main.ts -> /', ['file /src/main.ts x'])).hint).toBe('Did you mean "src/main.ts"?');
  });
  test('a clash says what stands where', async () => {
    const error = await failure('. -> /', ['dir /bin', 'file /bin/x y'], usrMerged);
    expect(error.message).toContain('/bin');
    expect(error.message).toContain('symlink');
  });
});
