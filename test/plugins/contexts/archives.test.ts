/** What every archive that becomes a context may do, and what not; shown with files, which cost nothing to send. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTree } from '../../../core/testing/index.ts';
import { checkRatio, usualLimits } from '../../../plugins/shared/archive-limits.ts';
import { tarContext, type TarContextOptions } from '../../../plugins/tar-context/index.ts';
import { writeTar, type TarItem } from '../../support/raw-tar.ts';
import { contextGround, type ContextGround } from './ground.ts';

let ground: ContextGround;

beforeEach(async () => {
  ground = await contextGround(tarContext());
});
afterEach(() => ground[Symbol.asyncDispose]());

const put = (name: string, bytes: Buffer): string => {
  writeFileSync(join(ground.world.cwd, name), bytes);
  return `tar://${name}`;
};
const sent = (...items: readonly TarItem[]): string => put('sent.tar', writeTar(items));

/** Opens with other limits than the usual ones. */
async function limited(limits: TarContextOptions['limits'], bytes: Buffer): Promise<unknown> {
  const [source] = tarContext({ limits: limits! }).contexts!;
  const location = put('limited.tar', bytes);
  return source!.open({ location, scheme: 'tar' }, ground.world);
}

describe('what comes', () => {
  test('files of all sizes, as they are', async () => {
    const sizes = [0, 1, 511, 512, 513, 255 << 10, 256 << 10, (256 << 10) + 1, 3 << 20];
    const items = sizes.map((size): TarItem => ({
      path: `f${size}`,
      content: Buffer.alloc(size, `${size} `),
      mtime: size,
    }));
    const { root } = await ground.open(sent(...items));
    for (const size of sizes) {
      const place = join(root, `f${size}`);
      expect(readFileSync(place).equals(Buffer.alloc(size, `${size} `))).toBe(true);
      expect(statSync(place).mtimeMs).toBe(size * 1000);
    }
  });

  test('modes whatever the umask, times before 1970, links, names that are no text', async () => {
    const { root } = await ground.open(
      sent(
        { path: 'd', type: 'directory', mode: 0o777, mtime: 7 },
        { path: 'd/open', mode: 0o666, content: 'x' },
        { path: 'd/again', mode: 0o666, content: 'x' },
        { path: 'd/special', mode: 0o4755, content: 'x' },
        { path: 'd/large', mode: 0o622, content: Buffer.alloc(300 << 10) },
        { path: 'old', mtime: -86_400, content: 'x' },
        { path: 'other', type: 'hardlink', link: 'd/open' },
        { path: Buffer.from([0x66, 0xff]), content: 'x' },
      ),
    );
    const mode = (name: string): number => statSync(join(root, name)).mode & 0o7777;
    expect(['d', 'd/open', 'd/again', 'd/special', 'd/large'].map(mode)).toEqual([0o777, 0o666, 0o666, 0o4755, 0o622]);
    expect(statSync(join(root, 'd')).mtimeMs).toBe(7000);
    expect(statSync(join(root, 'old')).mtimeMs).toBe(-86_400_000);
    expect(statSync(join(root, 'other')).ino).toBe(statSync(join(root, 'd/open')).ino);
    expect(readdirSync(Buffer.from(root), { encoding: 'buffer' })).toContainEqual(Buffer.from([0x66, 0xff]));
  });

  test('the last of equal names counts, whatever the first was', async () => {
    const files = await ground.files(
      sent(
        { path: 'a', content: 'first' },
        { path: 'a', content: 'second' },
        { path: 'b', content: 'file' },
        { path: 'b/c', content: 'in a directory' },
        { path: 'd/e', content: 'x' },
        { path: 'd', content: 'file' },
        { path: 'f', type: 'symlink', link: '..' },
        { path: 'f/g', content: 'x' },
        { path: 'big', content: Buffer.alloc(1 << 20, 'x') },
        { path: 'big', content: 'small' },
      ),
    );
    expect(files).toEqual({
      '/a': 'second',
      '/b/c': 'in a directory',
      '/big': 'small',
      '/d': 'file',
      '/f/g': 'x',
    });
    expect(readdirSync(ground.world.root).sort()).not.toContain('g');
  });

  test('devices and pipes stay away, which is said once', async () => {
    const files = await ground.files(
      sent(
        { path: 'null', type: 'char', major: 1, minor: 3 },
        { path: 'pipe', type: 'fifo' },
        { path: 'file', content: 'x' },
      ),
    );
    expect(files).toEqual({ '/file': 'x' });
    expect(ground.world.notices()).toEqual([
      'CONTEXT_DEVICES Devices and pipes are no part of a context; the context sent.tar leaves out /null and 1 more.',
    ]);
  });

  test('an archive of nothing is an empty context', async () => {
    expect(await ground.files(sent())).toEqual({});
  });

  test('text is a Dockerfile, packed or not', async () => {
    const text = Buffer.from('FROM scratch\n');
    for (const bytes of [text, gzipSync(text)]) {
      const context = await ground.open(put('sent', bytes));
      expect(context.dockerfile).toBe('Dockerfile');
      expect(readTree(context.root)).toEqual({ '/Dockerfile': 'FROM scratch\n' });
    }
  });

  test('progress is told to the end', async () => {
    const location = sent({ path: 'a', content: 'x' });
    await ground.open(location);
    const size = statSync(join(ground.world.cwd, 'sent.tar')).size;
    const told = ground.world.events.filter(({ type }) => type === 'progress');
    expect(told.at(-1)).toMatchObject({ title: 'fetching the context sent.tar', done: size, total: size, ended: true });
  });
});

describe('what is refused leaves nothing', () => {
  const file = { path: 'file', content: 'x' };
  test.each([
    ['two dots', writeTar([file, { path: '../out', content: 'x' }]), 'ARCHIVE_ENTRY_OUTSIDE'],
    ['a hard link out', writeTar([{ path: 'a', type: 'hardlink', link: '../../etc/passwd' }]), 'ARCHIVE_ENTRY_OUTSIDE'],
    [
      'a hard link through a link',
      writeTar([
        { path: 'etc', type: 'symlink', link: '/etc' },
        { path: 'a', type: 'hardlink', link: 'etc/passwd' },
      ]),
      'context/LINK_BROKEN',
    ],
    ['a hard link to nothing', writeTar([{ path: 'a', type: 'hardlink', link: 'b' }]), 'context/LINK_BROKEN'],
    [
      'a hard link to a directory',
      writeTar([
        { path: 'd/e', content: 'x' },
        { path: 'a', type: 'hardlink', link: 'd' },
      ]),
      'context/LINK_BROKEN',
    ],
    [
      'an end in the middle',
      writeTar([{ path: 'a', content: Buffer.alloc(1 << 20) }]).subarray(0, 9000),
      'ARCHIVE_DAMAGED',
    ],
    ['a name that is too long', writeTar([{ path: 'x'.repeat(300), content: 'x' }]), 'context/CANNOT_BE_WRITTEN'],
    ['directories without end', writeTar([{ path: 'd/'.repeat(300) + 'f', content: 'x' }]), 'ARCHIVE_LIMIT'],
    [
      'damaged gzip',
      damaged(gzipSync(writeTar([{ path: 'a', content: Buffer.alloc(1 << 20) }]))),
      'COMPRESSED_STREAM_DAMAGED',
    ],
    ['a zip file', Buffer.from('PK\x03\x04 and so on'), 'context/NOT_UNDERSTOOD'],
    ['a web page', Buffer.from('\n<!DOCTYPE html><title>Sign in</title>'), 'context/NOT_UNDERSTOOD'],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1]), 'context/NOT_UNDERSTOOD'],
    ['far too much text', Buffer.alloc(2 << 20, 'x'), 'context/NOT_UNDERSTOOD'],
    ['nothing', Buffer.alloc(0), 'context/NOTHING_CAME'],
  ])('%s', async (_, bytes, code) => {
    await expect(ground.open(put('hostile', bytes))).rejects.toMatchObject({ code });
    expect(ground.left()).toEqual([]);
    expect(existsSync(join(ground.world.root, 'out'))).toBe(false);
  });

  test('more entries, bytes or depth than allowed', async () => {
    const two = writeTar([file, { path: 'd/e', content: 'xyz' }]);
    const code = 'ARCHIVE_LIMIT';
    await expect(limited({ entries: 1 }, two)).rejects.toMatchObject({ code });
    await expect(limited({ bytes: 3 }, two)).rejects.toMatchObject({ code });
    await expect(limited({ depth: 1 }, two)).rejects.toMatchObject({ code });
    await expect(limited({ entries: 2, bytes: 4, depth: 2 }, two)).resolves.toMatchObject({
      label: 'the context limited.tar',
    });
    expect(ground.left()).toHaveLength(1);
  });

  test('few bytes that become very many', () => {
    const gibibyte = 1024 ** 3;
    expect(() => checkRatio(1000, gibibyte, usualLimits)).not.toThrow();
    expect(() => checkRatio(gibibyte / 100, 2 * gibibyte, usualLimits)).not.toThrow();
    const bomb = (): void => checkRatio(1000, gibibyte + 1, usualLimits);
    expect(bomb).toThrow(expect.objectContaining({ code: 'ARCHIVE_LIMIT' }));
  });

  test('options that mean nothing', () => {
    expect(() => tarContext({ limits: { entries: 0 } })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
  });
});

describe('a part', () => {
  const items: readonly TarItem[] = [
    { path: 'top', content: 'x' },
    { path: 'apps', type: 'directory', mode: 0o700 },
    { path: 'apps/one/Dockerfile', content: 'FROM scratch\n' },
    { path: 'apps/one/data', content: 'x' },
    { path: 'apps/two/data', content: 'y' },
    { path: 'apps/current', type: 'symlink', link: 'one' },
    { path: 'apps/three/shared', type: 'hardlink', link: 'top' },
  ];

  test('is all that is unpacked', async () => {
    expect(await ground.files(sent(...items), { subdirectory: 'apps/one' })).toEqual({
      '/apps': { directory: true, mode: 0o700 },
      '/apps/one/Dockerfile': 'FROM scratch\n',
      '/apps/one/data': 'x',
    });
  });

  test.each(['apps/current', 'apps/three', 'apps/one/../two'])('%s needs the rest', async (subdirectory) => {
    const files = await ground.files(sent(...items), { subdirectory });
    expect(files).toMatchObject({ '/top': expect.anything() as unknown, '/apps/two/data': 'y' });
  });

  test('the whole that is kept will do', async () => {
    const location = sent(...items);
    const whole = await ground.open(location);
    const part = await ground.open(location, { subdirectory: 'apps/one' });
    expect(part.root).toBe(whole.root);
  });
});

describe('what is kept', () => {
  test('a file that has just changed is not trusted', async () => {
    await using now = await contextGround(tarContext(), {
      now: new Date(),
      files: { '/Dockerfile': 'FROM scratch\n' },
    });
    await now.open('tar://Dockerfile');
    expect(now.world.tempDirs).toHaveLength(1);
  });

  test('a file that did not change is not unpacked again', async () => {
    const location = sent({ path: 'a', content: 'x' });
    const first = await ground.open(location);
    expect((await ground.open(location)).root).toBe(first.root);
    expect(ground.world.tempDirs).toEqual([]);
  });

  test('a file that changed is', async () => {
    const first = await ground.open(sent({ path: 'a', content: 'x' }));
    const second = await ground.open(sent({ path: 'a', content: 'y' }));
    expect(second.root).not.toBe(first.root);
    expect(readTree(second.root)).toEqual({ '/a': 'y' });
  });

  test('a Dockerfile alone is one again', async () => {
    const location = put('Dockerfile', Buffer.from('FROM scratch\n'));
    await ground.open(location);
    expect((await ground.open(location)).dockerfile).toBe('Dockerfile');
  });
});

test('what cannot be read is named', async () => {
  await expect(ground.open('tar://absent.tar')).rejects.toMatchObject({ code: 'tar-context/UNREADABLE', exit: 2 });
  await expect(ground.open('tar://.')).rejects.toMatchObject({ code: 'tar-context/UNREADABLE' });
});

/** Bytes of the middle are other ones. */
function damaged(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 200), Buffer.alloc(100, 'damage'), bytes.subarray(300)]);
}
