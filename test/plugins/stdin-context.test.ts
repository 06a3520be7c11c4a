import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath, type BuildContext } from '../../core/index.ts';
import { fakeWorld } from '../../core/testing/index.ts';
import { stdinContext } from '../../plugins/stdin-context/index.ts';
import { quietWorld } from '../core/contract/quiet-world.ts';

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'strake-stdin-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const openSent = (bytes: Uint8Array): Promise<BuildContext> =>
  stdinContext().contexts![0]!.open(
    { location: '-', scheme: 'stdin' },
    quietWorld({
      tempDir: async () => hostPath(mkdtempSync(join(root, 'context-'))),
      async *stdin() {
        // In pieces, as a pipe gives them.
        for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
      },
    }),
  );

type Member = Partial<Header> & { readonly name: string; readonly text?: string };

async function tar(...members: readonly Member[]): Promise<Buffer> {
  const archive = pack();
  for (const { text = '', ...header } of members) archive.entry({ ...header, mtime: new Date(1000) }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('what is sent', () => {
  test.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('a %s tar is the context', async (_, compress) => {
    const bytes = await tar(
      { name: 'Dockerfile', text: 'FROM scratch\n' },
      { name: 'bin/run', mode: 0o755, text: 'x' },
      { name: 'empty/', type: 'directory', mode: 0o700 },
      { name: 'link', type: 'symlink', linkname: 'bin/run' },
      { name: 'same', type: 'link', linkname: 'bin/run' },
    );
    const context = await openSent(compress(bytes));
    const at = (name: string): string => join(context.root, name);
    expect(context.dockerfile).toBeUndefined();
    expect(readFileSync(at('Dockerfile'), 'utf8')).toBe('FROM scratch\n');
    expect(statSync(at('bin/run')).mode & 0o777).toBe(0o755);
    expect(statSync(at('bin/run')).mtimeMs).toBe(1000);
    expect(statSync(at('empty')).mode & 0o777).toBe(0o700);
    expect(readlinkSync(at('link'))).toBe('bin/run');
    expect(statSync(at('same')).ino).toBe(statSync(at('bin/run')).ino);
  });

  test('text is a Dockerfile', async () => {
    const context = await openSent(Buffer.from('FROM scratch\n'));
    expect(context.dockerfile).toBe('Dockerfile');
    expect(readdirSync(context.root)).toEqual(['Dockerfile']);
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'context/NOTHING_CAME'],
    ['something else', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1]), 'context/NOT_UNDERSTOOD'],
    ['far too much text', Buffer.alloc(2 << 20, 'x'), 'context/NOT_UNDERSTOOD'],
  ])('%s is refused', async (_, bytes, code) => {
    await expect(openSent(bytes)).rejects.toMatchObject({ code, exit: 2 });
  });
});

describe('hostile tars stay inside', () => {
  const outside = (): string => join(root, 'outside');

  test.each([
    [
      'a path through a link',
      [
        { name: 'a', type: 'symlink', linkname: '..' },
        { name: 'a/outside', text: 'x' },
      ],
    ],
    [
      'a directory in the place of a link',
      [
        { name: 'a', type: 'symlink', linkname: '..' },
        { name: 'a/', type: 'directory' },
        { name: 'a/outside', text: 'x' },
      ],
    ],
    ['an absolute path', [{ name: '/outside', text: 'x' }]],
  ] satisfies [string, Member[]][])('%s', async (_, members) => {
    const context = await openSent(await tar(...members));
    expect(() => lstatSync(outside())).toThrow('ENOENT');
    expect(readdirSync(root)).toEqual([context.root.slice(root.length + 1)]);
  });

  test('a hard link through a link finds nothing', async () => {
    const sent = await tar(
      { name: 'etc', type: 'symlink', linkname: '/etc' },
      { name: 'stolen', type: 'link', linkname: 'etc/passwd' },
    );
    await expect(openSent(sent)).rejects.toMatchObject({ code: 'context/LINK_BROKEN' });
  });

  test('two dots are refused', async () => {
    await expect(openSent(await tar({ name: '../outside', text: 'x' }))).rejects.toMatchObject({
      code: 'ARCHIVE_ENTRY_OUTSIDE',
    });
    expect(() => lstatSync(outside())).toThrow('ENOENT');
  });
});

test('an aborted build does not wait for what never comes', async () => {
  await using world = fakeWorld();
  const stalled = (): AsyncIterable<Uint8Array> => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  });
  const [source] = stdinContext().contexts!;
  const opening = source!.open({ location: '-', scheme: 'stdin' }, { ...world, stdin: stalled });
  world.abort(new Error('stopped'));
  await expect(opening).rejects.toThrow('stopped');
});
