import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath, type Bytes } from '../../../core/base/brand.ts';
import { digestOf } from '../../../core/base/digest.ts';
import { parseIgnore } from '../../../core/dockerfile/ignore.ts';
import { composeCopy } from '../../../core/rootfs/compose-copy.ts';
import { openFileHashes } from '../../../core/rootfs/file-hashes.ts';
import { hostTree, type HostTreeOptions } from '../../../core/rootfs/host-tree.ts';
import { madeAt } from '../../../core/rootfs/made.ts';
import { select } from '../../../core/rootfs/select-sources.ts';
import type { SourceTree } from '../../../core/rootfs/source-tree.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { action, copied, entriesOf } from './copies.ts';
import { image, path, show } from './layers.ts';

let directory: TempDir;
beforeEach(async () => {
  directory = await tempDir('host-tree');
});
afterEach(async () => directory.remove());

const write = (name: string, content = '', mode = 0o644): void => {
  mkdirSync(directory.at(name, '..'), { recursive: true });
  writeFileSync(directory.at(name), content);
  chmodSync(directory.at(name), mode);
};
const open = (ignore?: string, extra: Partial<HostTreeOptions> = {}): SourceTree =>
  hostTree({
    root: hostPath(directory.path),
    label: 'the context',
    hashes: openFileHashes({ now: Date.now }),
    ...(ignore !== undefined && { ignore: parseIgnore({ name: '.dockerignore', text: ignore }) }),
    ...extra,
  });
const all = (tree: SourceTree, at = path('/')): string[] =>
  [...tree.children(at)].flatMap((entry) => [
    show(entry),
    ...(entry.type === 'directory' ? all(tree, entry.path) : []),
  ]);

test('files, directories, links and pipes, owned by root', () => {
  write('b/f', 'x', 0o4755);
  write('a', 'y', 0o600);
  symlinkSync('b/f', directory.at('l'));
  execFileSync('mkfifo', ['-m', '640', directory.at('p')]);
  chmodSync(directory.at('b'), 0o711);
  expect(all(open())).toEqual(['file /a 0600', 'dir /b 0711', 'file /b/f 04755', 'link /l -> b/f', 'fifo /p 0640']);
});

test('the root is the same whatever directory it is', () => {
  chmodSync(directory.path, 0o700);
  expect(open().lookup(path('/'))).toMatchObject({ type: 'directory', mode: 0o755, mtime: madeAt });
});

test('times come in whole seconds, rounded down', () => {
  write('f');
  utimesSync(directory.at('f'), 1_700_000_000.9, 1_700_000_000.9);
  write('old');
  // Node takes a negative time for now.
  execFileSync('touch', ['-d', '@-1.5', directory.at('old')]);
  expect(open().lookup(path('/f'))?.mtime).toBe(1_700_000_000);
  expect(open().lookup(path('/old'))?.mtime).toBe(-2);
});

test('sockets are left out', async () => {
  write('f');
  const server = createServer().listen(directory.at('s'));
  await once(server, 'listening');
  expect(all(open())).toEqual(['file /f 0644']);
  server.close();
});

test('names that are no UTF-8', async () => {
  writeFileSync(Buffer.concat([Buffer.from(`${directory.path}/`), Buffer.from([0xff, 0x62])]), 'x');
  expect(await copied('. -> /t', open())).toEqual(['dir /t 0755', 'file /t/\xffb 0644 "x"']);
});

test('links are never followed out of the root', async () => {
  symlinkSync('/etc/passwd', directory.at('out'));
  symlinkSync('/etc', directory.at('dir'));
  symlinkSync(`${'../'.repeat(20)}etc/passwd`, directory.at('up'));
  for (const copy of ['out -> /x', 'dir/passwd -> /x', 'up -> /x', '../../../../etc/passwd -> /x'])
    expect(await copied(copy, open())).toBe('COPY_SOURCE_MISSING');
  expect(() => select(action('out -> /x'), open())).toThrow('"out" is a link to /etc/passwd, which is not in ');
  write('etc/passwd', 'inside');
  for (const copy of ['out -> /x', 'dir/passwd -> /x', 'up -> /x'])
    expect(await copied(copy, open())).toEqual(['file /x 0644 "inside"']);
});

test('hard links are found by their inode', async () => {
  write('a/one', 'x');
  mkdirSync(directory.at('b'));
  linkSync(directory.at('a/one'), directory.at('b/two'));
  const layer = await copied('. -> /t', open());
  expect(layer).toEqual([
    'dir /t 0755',
    'dir /t/a 0755',
    'file /t/a/one 0644 "x"',
    'dir /t/b 0755',
    'hard /t/b/two -> /t/a/one',
  ]);
});

test('extended attributes that mean something elsewhere', () => {
  write('f', 'x');
  const given = new Map(
    ['user.note', 'security.capability', 'security.selinux', 'trusted.x', 'user.overlay.opaque'].map((name) => [
      name as Bytes,
      Buffer.from('v'),
    ]),
  );
  const entry = open(undefined, { xattrsOf: () => given }).lookup(path('/f'));
  expect([...entry!.xattrs!.keys()]).toEqual(['user.note', 'security.capability']);
});

describe('ignore files', () => {
  const make = (): void => {
    for (const name of ['src/a.ts', 'src/b.js', 'node_modules/x/y', 'docs/keep/me', 'docs/other', 'Dockerfile'])
      write(name, name);
  };
  test.each<[string, string, string[]]>([
    [
      'nothing',
      '',
      [
        'file /Dockerfile 0644',
        'dir /docs 0755',
        'dir /docs/keep 0755',
        'file /docs/keep/me 0644',
        'file /docs/other 0644',
        'dir /node_modules 0755',
        'dir /node_modules/x 0755',
        'file /node_modules/x/y 0644',
        'dir /src 0755',
        'file /src/a.ts 0644',
        'file /src/b.js 0644',
      ],
    ],
    [
      'a directory',
      'node_modules\ndocs',
      ['file /Dockerfile 0644', 'dir /src 0755', 'file /src/a.ts 0644', 'file /src/b.js 0644'],
    ],
    ['by pattern', '**/*.js\nDockerfile\ndocs\nnode_modules', ['dir /src 0755', 'file /src/a.ts 0644']],
    ['all but', '*\n!src/a.ts', ['dir /src 0755', 'file /src/a.ts 0644']],
    ['all but something deep', '*\n!docs/keep', ['dir /docs 0755', 'dir /docs/keep 0755', 'file /docs/keep/me 0644']],
    ['all but what is not there', '*\n!docs/none', []],
    ['all', '*', []],
  ])('%s', (_, ignore, expected) => {
    make();
    expect(all(open(ignore))).toEqual(expected);
  });

  test('directories that are left out are not even looked at', () => {
    make();
    rmSync(directory.at('node_modules'), { recursive: true });
    symlinkSync('node_modules', directory.at('node_modules'));
    chmodSync(directory.at('docs'), 0);
    expect(all(open('docs\nnode_modules'))).toHaveLength(4);
  });

  test('what is left out cannot be copied, and the problem names the line', async () => {
    make();
    const tree = open('# a comment\nnode_modules\n');
    const asked = action('node_modules/x -> /x');
    expect(() => select(asked, tree)).toThrow(
      expect.objectContaining({
        code: 'COPY_SOURCE_MISSING',
        facts: expect.objectContaining({ ignoredBy: '.dockerignore:2' }),
      }),
    );
    expect(() => select(action('nothing -> /x'), tree)).toThrow(
      expect.objectContaining({ facts: expect.not.objectContaining({ ignoredBy: expect.anything() }) }),
    );
  });
});

test('a file that is written to while the layer is made is noticed', async () => {
  write('f', 'before');
  const tree = open();
  const asked = action('f -> /f');
  const selection = select(asked, tree);
  const taken: string[] = [];
  const packing = async (): Promise<void> => {
    for await (const entry of composeCopy(asked, selection, image(), {})) {
      write('f', 'behind');
      taken.push(show(entry));
    }
  };
  await expect(packing()).rejects.toMatchObject({ code: 'LAYER_SOURCE_CHANGED' });
  expect(taken).toEqual(['file /f 0644']);
});

test('one look at each path: what comes later is not seen, what goes is missed', async () => {
  write('a', 'x');
  write('b', 'x');
  const tree = open();
  expect(all(tree)).toHaveLength(2);
  write('c', 'x');
  expect(all(tree)).toHaveLength(2);
  expect(await entriesOf(composeCopy(action('a -> /a'), select(action('a -> /a'), tree), image(), {}))).toEqual([
    'file /a 0644 "x"',
  ]);
});

test('hashes', async () => {
  write('small', 'hello');
  write('large', 'x'.repeat(700_000));
  write('empty', '');
  const tree = open();
  const hash = (name: string) => tree.hash(tree.lookup(path(name)) as never);
  expect(hash('/small')).toBe(digestOf('hello'));
  expect(hash('/empty')).toBe(digestOf(''));
  const large = hash('/large');
  expect(large).toBeInstanceOf(Promise);
  expect(await large).toBe(digestOf('x'.repeat(700_000)));
  expect(tree.lookup(path('/large'))).toMatchObject({ hash: digestOf('x'.repeat(700_000)) });
});
