import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import { digestSelection } from '../../../core/rootfs/selection-digest.ts';
import { select } from '../../../core/rootfs/select-sources.ts';
import type { SourceTree } from '../../../core/rootfs/source-tree.ts';
import type { FileEntry } from '../../../core/archive/entry.ts';
import { action, tree, type CopyExtras } from './copies.ts';

const withoutHash = (entry: FileEntry): FileEntry => {
  const { hash, ...rest } = entry;
  void hash;
  return rest;
};

const digest = (copy: string, from: string[] | SourceTree, extras: CopyExtras = {}) =>
  digestSelection(select(action(copy, extras), Array.isArray(from) ? tree(from) : from));

const base = ['dir /d 0755', 'file /d/f x', 'dir /d/s 0700', 'file /d/s/g y', 'link /d/l -> f', 'file /other z'];

describe('what counts', () => {
  test.each<[string, string[]]>([
    ['content', ['dir /d 0755', 'file /d/f X', 'dir /d/s 0700', 'file /d/s/g y', 'link /d/l -> f']],
    ['a mode', ['dir /d 0755', 'file /d/f x 0600', 'dir /d/s 0700', 'file /d/s/g y', 'link /d/l -> f']],
    [
      'the mode of an inner directory',
      ['dir /d 0755', 'file /d/f x', 'dir /d/s 0711', 'file /d/s/g y', 'link /d/l -> f'],
    ],
    ['an owner', ['dir /d 0755', 'file /d/f x 1:0', 'dir /d/s 0700', 'file /d/s/g y', 'link /d/l -> f']],
    ['a name', ['dir /d 0755', 'file /d/F x', 'dir /d/s 0700', 'file /d/s/g y', 'link /d/l -> f']],
    ['a link’s target', ['dir /d 0755', 'file /d/f x', 'dir /d/s 0700', 'file /d/s/g y', 'link /d/l -> s']],
    ['one file more', [...base, 'file /d/more']],
    ['an empty directory more', [...base, 'dir /d/more']],
    ['a type', ['dir /d 0755', 'file /d/f x', 'dir /d/s 0700', 'file /d/s/g y', 'file /d/l f']],
    [
      'a hard link instead of a copy',
      ['dir /d 0755', 'file /d/f x', 'dir /d/s 0700', 'hard /d/s/g -> /d/f', 'link /d/l -> f'],
    ],
  ])('%s', async (_, changed) => {
    expect(await digest('d -> /t', changed)).not.toBe(await digest('d -> /t', base));
  });
});

test('a second name is not a second file', async () => {
  const copies = await digest('d -> /t', ['file /d/a x', 'file /d/b x']);
  expect(await digest('d -> /t', ['file /d/a x', 'hard /d/b -> /d/a'])).not.toBe(copies);
});

describe('what does not', () => {
  test('what is not named', async () => {
    expect(await digest('d -> /t', [...base.slice(0, -1), 'file /other changed'])).toBe(await digest('d -> /t', base));
  });
  test('the named directory’s own mode', async () => {
    expect(await digest('d -> /t', ['dir /d 0700', ...base.slice(1)])).toBe(await digest('d -> /t', base));
  });
  test('times', async () => {
    const late: SourceTree = {
      ...tree(base),
      children: function* (at) {
        for (const entry of tree(base).children(at)) yield { ...entry, mtime: 5 };
      },
    };
    expect(await digest('d -> /t', late)).toBe(await digest('d -> /t', base));
  });
});

test('it is a digest over all sources, in order', async () => {
  const all = await Promise.all(
    ['d other -> /t/', 'other d -> /t/', 'other -> /t/', 'd -> /t/', '*r -> /t/'].map((copy) => digest(copy, base)),
  );
  expect(new Set(all).size).toBe(4);
  expect(all[2]).toBe(all[4]);
});

test('inline files are in it', async () => {
  const inline = (content: string) => digest('-> /t', [], { inline: [{ name: 'EOF', content: Buffer.from(content) }] });
  expect(await inline('a')).toBe(await inline('a'));
  expect(await inline('a')).not.toBe(await inline('b'));
});

test('hashes that come late, and in another order, change nothing', async () => {
  const names = Array.from({ length: 3000 }, (_, at) => `file /d/f${at} ${at}`);
  const from = tree(names);
  const selection = select(action('d -> /t'), from);
  const slow = (_: SourceTree, file: FileEntry) =>
    file.path.endsWith('7')
      ? new Promise<never>((done) => setTimeout(() => done(file.hash as never), Math.random() * 5))
      : file.hash!;
  expect(await digestSelection(selection, slow)).toBe(await digestSelection(selection));
});

test('a hash that fails fails the digest', async () => {
  const selection = select(action('d -> /t'), tree(base));
  const failing = async () => Promise.reject(new Error('unreadable'));
  await expect(digestSelection(selection, failing)).rejects.toThrow('unreadable');
});

test('content without a known hash is read', async () => {
  const without = tree(base);
  const unhashed: SourceTree = {
    ...without,
    children: function* (at) {
      for (const entry of without.children(at)) yield entry.type === 'file' ? withoutHash(entry) : entry;
    },
  };
  expect(await digest('d -> /t', unhashed)).toBe(await digest('d -> /t', base));
  expect(digestOf('x')).toBe(
    await without.hash({ ...(without.lookup('/d/f' as never) as FileEntry), hash: undefined } as never),
  );
});
