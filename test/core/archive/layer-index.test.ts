import { describe, expect, test } from 'vitest';
import type { Bytes, Digest, ImagePath } from '../../../core/base/brand.ts';
import { compareBytes } from '../../../core/base/bytes.ts';
import { isDeletion, type Entry, type LayerEntry, type LayerIndex } from '../../../core/archive/entry.ts';
import { indexWriter } from '../../../core/archive/index-writer.ts';
import { indexingParser } from '../../../core/archive/indexing-parser.ts';
import { openIndex } from '../../../core/archive/layer-index.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { chance, randomEntry, type Chance } from './random-entries.ts';
import { codeOf } from './reading.ts';

const path = (text: string): ImagePath => text as ImagePath;
const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
const file = (name: string, size = 0): Entry => ({ ...meta, type: 'file', path: path(name), size });
const directory = (name: string) => ({ ...meta, type: 'directory' as const, path: path(name) });

function indexFrom(entries: Iterable<LayerEntry>): LayerIndex {
  const writer = indexWriter();
  for (const entry of entries) writer.add(entry);
  return openIndex(writer.end());
}

const paths = (entries: Iterable<LayerEntry>): string[] =>
  [...entries].map((entry) => (isDeletion(entry) ? `${entry.type} ${entry.path}` : entry.path));

/** Small names, so that prefixes, neighbours of the slash and duplicates come about. */
function randomLayer(random: Chance, count: number): LayerEntry[] {
  const names = ['a', 'b', 'a-b', 'a.b', 'a0', 'ab', 'A', '\xff', 'c d'];
  return Array.from({ length: count }, () => {
    const name = path(`/${Array.from({ length: 1 + random.below(4) }, () => random.of(names)).join('/')}`);
    const kind = random.below(8);
    if (kind === 0) return { type: 'whiteout', path: name };
    if (kind === 1) return { type: 'opaque', path: name };
    // Directories, so that nothing takes the place of a directory here.
    return { ...directory(name), mode: random.below(0o10000), mtime: random.below(2000) - 1000 };
  });
}

/** What the index should answer, the slow way. */
function model(entries: readonly LayerEntry[]) {
  const rank = (entry: LayerEntry): number => (isDeletion(entry) ? 0 : 1);
  const last = new Map(entries.map((entry) => [`${entry.path}\0${isDeletion(entry) ? entry.type : ''}`, entry]));
  const all = [...last.values()].sort((a, b) => compareBytes(a.path, b.path) || rank(a) - rank(b));
  const below = (root: string): LayerEntry[] =>
    all.filter((entry) => entry.path !== root && entry.path.startsWith(root === '/' ? '/' : `${root}/`));
  return {
    all,
    at: (name: string) => all.filter((entry) => entry.path === name),
    below,
    children: (root: string) =>
      below(root).filter((entry) => !entry.path.slice(root === '/' ? 1 : root.length + 1).includes('/')),
  };
}

const sorted = (entries: Iterable<LayerEntry>): string[] => paths(entries).sort();

test('answers as a plain list would, over two hundred random layers', () => {
  const random = chance(99);
  for (let round = 0; round < 200; round++) {
    const entries = randomLayer(random, random.of([0, 1, 15, 16, 17, 33, 150]));
    const index = indexFrom(entries);
    const expected = model(entries);
    expect(index.length).toBe(expected.all.length);
    expect(sorted(index.walk())).toEqual(sorted(expected.all));
    expect(paths(index.walk()).map((it) => it.replace(/^\w+ /, ''))).toEqual(expected.all.map((it) => it.path));
    const asked = [...entries.map((entry) => entry.path), path('/'), path('/a/b/c/d'), path('/nothing'), path('/a/')];
    for (const name of asked) {
      const there = expected.at(name);
      expect(index.get(name)).toEqual(there.find((entry) => !isDeletion(entry)));
      const marks = there.filter(isDeletion).map(({ type }) => type);
      if (marks.length === 0) expect(index.deletion(name)).toBeUndefined();
      else expect(marks).toContain(index.deletion(name));
      expect(index.hasBelow(name), name).toBe(expected.below(name).length > 0);
      expect(sorted(index.children(name))).toEqual(sorted(expected.children(name)));
      expect(sorted(index.walk(name))).toEqual(sorted([...there, ...expected.below(name)]));
    }
  }
});

test('every entry comes back as it was', () => {
  const random = chance(5);
  const entries = new Map(Array.from({ length: 2000 }, () => randomEntry(random)).map((entry) => [entry.path, entry]));
  const index = indexFrom(entries.values());
  for (const entry of entries.values()) expect(index.get(entry.path)).toEqual(entry);
});

test('hashes are kept', () => {
  const hash = `sha256:${'0f'.repeat(32)}` as Digest;
  const xattrs = new Map([['user.a' as Bytes, Buffer.from([0, 255])]]);
  const entry = { ...file('/a', 2 ** 40), hash, xattrs } as Entry;
  expect(indexFrom([entry]).get(path('/a'))).toEqual(entry);
});

test('marks stand before the entry of the same path', () => {
  const index = indexFrom([directory('/a'), { type: 'opaque', path: path('/a') }, file('/a/b')]);
  expect(paths(index.walk())).toEqual(['opaque /a', '/a', '/a/b']);
  expect(index.get(path('/a'))?.type).toBe('directory');
  expect(index.deletion(path('/a'))).toBe('opaque');
});

describe('paths that come twice', () => {
  test('the later one counts', () => {
    const index = indexFrom([file('/a', 1), file('/b'), file('/a', 2)]);
    expect(index.length).toBe(2);
    expect(index.get(path('/a'))).toMatchObject({ size: 2 });
  });

  test('a file in the place of a directory takes what was below it, not what comes after', () => {
    const index = indexFrom([
      directory('/a'),
      directory('/a/b'),
      file('/a/b/c'),
      file('/a-b'),
      file('/a'),
      directory('/x'),
      file('/x/old'),
      file('/x'),
      directory('/x'),
      file('/x/new'),
    ]);
    expect(paths(index.walk())).toEqual(['/a', '/a-b', '/x', '/x/new']);
  });

  test('a directory that comes again keeps what is in it', () => {
    expect(paths(indexFrom([directory('/a'), file('/a/b'), directory('/a')]).walk())).toEqual(['/a', '/a/b']);
  });
});

test('an empty index answers too', () => {
  const index = indexFrom([]);
  expect(index.length).toBe(0);
  expect(index.get(path('/a'))).toBeUndefined();
  expect(index.deletion(path('/a'))).toBeUndefined();
  expect(index.hasBelow(path('/'))).toBe(false);
  expect(paths(index.walk())).toEqual([]);
  expect(paths(index.children(path('/')))).toEqual([]);
  expect(index.kept(path('/etc/passwd'))).toBeUndefined();
});

test('kept files come back', () => {
  const writer = indexWriter();
  writer.keep(path('/etc/passwd'), Buffer.from('root:x:0:0\n'));
  writer.keep(path('/etc/group'), Buffer.alloc(0));
  const index = openIndex(writer.end());
  expect(Buffer.from(index.kept(path('/etc/passwd'))!).toString()).toBe('root:x:0:0\n');
  expect(index.kept(path('/etc/group'))).toHaveLength(0);
  expect(index.kept(path('/etc/shadow'))).toBeUndefined();
});

test('damage is found, wherever it is', () => {
  const writer = indexWriter();
  for (let at = 0; at < 40; at++) writer.add(file(`/dir/file-${at}`, at));
  const bytes = Buffer.from(writer.end());
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 16;
    expect(
      codeOf(() => openIndex(damaged)),
      `byte ${at}`,
    ).toBe('INDEX_DAMAGED');
  }
  for (let length = 0; length < bytes.length; length += 7)
    expect(codeOf(() => openIndex(bytes.subarray(0, length)))).toBe('INDEX_DAMAGED');
});

describe('made while a layer is read', () => {
  const tar = writeTar([
    { path: 'etc/', type: 'directory' },
    { path: 'etc/passwd', content: 'old' },
    { path: 'etc/passwd', content: 'new' },
    { path: 'etc/group', content: 'x'.repeat((1 << 20) + 1) },
    { path: 'empty' },
    { path: 'etc/.wh.shadow' },
  ]);

  test('small files that name owners are kept, the last of each', () => {
    const parser = indexingParser();
    parser.write(tar);
    parser.end();
    const index = openIndex(parser.index());
    expect(Buffer.from(index.kept(path('/etc/passwd'))!).toString()).toBe('new');
    expect(index.kept(path('/etc/group'))).toBeUndefined();
    expect(paths(index.walk())).toEqual(['/empty', '/etc', '/etc/group', '/etc/passwd', 'whiteout /etc/shadow']);
  });

  test('whoever reads along gets what it wants, and no more', () => {
    const seen: string[] = [];
    const parser = indexingParser({
      entry: (entry) => (seen.push(`${entry.type} ${entry.path}`), entry.path === path('/etc/passwd')),
      data: (chunk) => void seen.push(chunk.toString()),
      endEntry: () => void seen.push('end'),
    });
    parser.write(tar);
    parser.end();
    expect(seen).toEqual([
      'directory /etc',
      'file /etc/passwd',
      'old',
      'end',
      'file /etc/passwd',
      'new',
      'end',
      'file /etc/group',
      'file /empty',
      'whiteout /etc/shadow',
    ]);
  });

  test('content is hashed on request', () => {
    const parser = indexingParser(undefined, { hashes: true });
    parser.write(tar);
    parser.end();
    const index = openIndex(parser.index());
    expect(index.get(path('/empty'))).toMatchObject({
      hash: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    });
    expect(index.get(path('/etc/passwd'))).toMatchObject({
      hash: 'sha256:11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437',
    });
  });
});
