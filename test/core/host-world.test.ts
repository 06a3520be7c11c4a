import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type Host } from '../../core/host-world.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strake-world-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const host = (over: Partial<Host> = {}): Host => ({
  cwd: () => '/somewhere',
  env: { TMPDIR: folder, HOME: '/home/x' },
  pid: process.pid,
  arch: 'arm64',
  stdin: (async function* () {
    yield 'a';
    yield Buffer.from('b');
  })(),
  ...over,
});

describe('a world', () => {
  test('is what it is made of, and no process', async () => {
    const world = openWorld(host());
    const { cwd, home, uid, gid } = world;
    expect({ cwd, home, uid, gid }).toEqual({ cwd: '/somewhere', home: '/home/x', uid: -1, gid: -1 });
    expect(world.host).toEqual({ os: 'linux', architecture: 'arm64' });
    const parts: string[] = [];
    for await (const chunk of world.stdin()) parts.push(Buffer.from(chunk).toString());
    expect(parts.join('')).toBe('ab');
    expect(openWorld(process).uid).toBe(process.getuid!());
  });

  test.each([
    ['x64', { os: 'linux', architecture: 'amd64' }],
    ['arm', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['riscv64', { os: 'linux', architecture: 'riscv64' }],
  ])('names %s as images do', (arch, platform) => {
    expect(openWorld(host({ arch })).host).toEqual(platform);
  });
});

describe('temporary directories', () => {
  const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
  const ownStart = /\) \S+ (?:\S+ ){18}(\d+) /.exec(readFileSync('/proc/self/stat', 'latin1'))![1]!;
  const left = (name: string): void => {
    mkdirSync(join(folder, name, 'deep'), { recursive: true });
    writeFileSync(join(folder, name, 'deep/file'), '');
  };

  test('are apart, private, and gone with the world', async () => {
    const world = openWorld(host());
    const [one, two] = [await world.tempDir('a/b'), await world.tempDir('a/b')];
    expect(one).not.toBe(two);
    expect(one.slice(folder.length + 1)).toMatch(/^strake-\d+-\d+-\d+-a_b-/);
    writeFileSync(join(one, 'file'), '');
    await world[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of processes that were killed go with the next; of living ones and of other machines stay', async () => {
    left(`strake-${namespace}-999999999-1-gone-abc`);
    left(`strake-${namespace}-${process.pid}-1-reused-abc`);
    left(`strake-${namespace}-${process.pid}-${ownStart}-alive-abc`);
    left('strake-1-999999999-1-elsewhere-abc');
    left('other');
    const world = openWorld(host());
    await world.tempDir('x');
    await world[Symbol.asyncDispose]();
    expect(readdirSync(folder).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      ['other', 'strake-1-999999999-1-elsewhere-abc', `strake-${namespace}-${process.pid}-${ownStart}-alive-abc`].sort(
        (a, b) => (a < b ? -1 : 1),
      ),
    );
  });

  test('none is made, and nothing swept, before one is asked for', async () => {
    left(`strake-${namespace}-999999999-1-gone-abc`);
    await openWorld(host())[Symbol.asyncDispose]();
    expect(existsSync(join(folder, `strake-${namespace}-999999999-1-gone-abc`))).toBe(true);
  });
});
