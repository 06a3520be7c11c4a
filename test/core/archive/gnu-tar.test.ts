import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { digestOf } from '../../../core/base/digest.ts';
import { byPath, readTar, type ReadEntry } from './reading.ts';

const long = 'a-rather-long-name-'.repeat(9);
const deep = `${'directory/'.repeat(20)}file`;
const noise = randomBytes(70_000);

let dir: TempDir;
beforeAll(async () => {
  dir = await tempDir('gnu-tar');
  const tree = dir.at('tree');
  mkdirSync(`${tree}/${deep.slice(0, -5)}`, { recursive: true });
  writeFileSync(`${tree}/empty`, '');
  writeFileSync(`${tree}/noise`, noise);
  writeFileSync(`${tree}/${deep}`, 'deep');
  writeFileSync(Buffer.from(`${tree}/caf\xe9`, 'latin1'), 'not utf-8');
  writeFileSync(`${tree}/größe`, 'utf-8');
  symlinkSync('noise', `${tree}/link`);
  linkSync(`${tree}/noise`, `${tree}/same-noise`);
  const holes = openSync(`${tree}/holes`, 'w');
  for (let at = 0; at < 40; at++) writeSync(holes, `data ${at}`, at * 20_000);
  closeSync(holes);
  truncateSync(`${tree}/holes`, 1_000_000);
  utimesSync(`${tree}/noise`, 1_700_000_000, 1_700_000_000.75);
});
afterAll(() => dir.remove());

const tar = (...args: string[]): Buffer =>
  execFileSync('tar', ['-C', dir.at('tree'), '-cf', '-', '--numeric-owner', ...args, '.'], { maxBuffer: 1 << 26 });

/** v7 has no room for long names. */
const only = (format: string): string[] => [
  `--format=${format}`,
  ...(format === 'v7' ? ['--exclude=./directory'] : []),
];
const hashed = (entries: readonly ReadEntry[]) =>
  entries.map((entry) => ({ ...entry, content: entry.content && digestOf(entry.content) }));

const formats = ['v7', 'oldgnu', 'gnu', 'ustar', 'posix'] as const;

describe.each(formats)('what GNU tar writes as %s', (format) => {
  test('is read whole', () => {
    const found = byPath(readTar(tar(...only(format))));
    expect(found.get('/')).toMatchObject({ type: 'directory' });
    expect(found.get('/empty')).toMatchObject({ type: 'file', size: 0, content: Buffer.alloc(0) });
    expect(found.get('/link')).toMatchObject({ type: 'symlink', target: 'noise' });
    expect(found.get('/caf\xe9')?.content?.toString()).toBe('not utf-8');
    expect(found.get(`/${Buffer.from('größe').toString('latin1')}`)?.content?.toString()).toBe('utf-8');
    expect(found.get(`/${deep}`)?.content?.toString()).toBe(format === 'v7' ? undefined : 'deep');
    const holes = found.get('/holes')?.content;
    expect(holes?.length).toBe(1_000_000);
    expect(holes?.toString('latin1', 780_000, 780_007)).toBe('data 39');
    const pair = [found.get('/noise')!, found.get('/same-noise')!];
    expect(pair.map(({ type }) => type).sort()).toEqual(['file', 'hardlink']);
    expect(pair.find(({ type }) => type === 'file')?.content?.equals(noise)).toBe(true);
    expect(pair.map((entry) => ('mtime' in entry ? entry.mtime : 0))).toEqual([1_700_000_000, 1_700_000_000]);
  });

  test('is read the same whatever the chunks', () => {
    const bytes = tar(...only(format));
    const whole = hashed(readTar(bytes));
    for (const piece of [1021, 512, 10_240, 65_537]) expect(hashed(readTar(bytes, { piece }))).toEqual(whole);
  });
});

test('names beyond the header come whole', () => {
  for (const format of ['oldgnu', 'gnu', 'posix']) {
    const bytes = tar(
      `--format=${format}`,
      `--transform=s,^./link$,./${long}link,`,
      `--transform=s,^noise$,${long}noise,`,
    );
    const found = byPath(readTar(bytes));
    expect(found.get(`/${long}link`)).toMatchObject({ type: 'symlink', target: `${long}noise` });
  }
});

const sparse = [['--format=gnu'], ...['0.0', '0.1', '1.0'].map((it) => ['--format=posix', `--sparse-version=${it}`])];
test.each(sparse.map((args) => [args.join(' '), args] as const))('holes are filled in: %s', (_, args) => {
  const bytes = tar('-S', ...args);
  expect(bytes.length).toBeLessThan(600_000);
  for (const piece of [bytes.length, 1021]) {
    const entry = byPath(readTar(bytes, { piece })).get('/holes')!;
    expect(entry).toMatchObject({ type: 'file', size: 1_000_000 });
    const expected = Buffer.alloc(1_000_000);
    for (let at = 0; at < 40; at++) expected.write(`data ${at}`, at * 20_000);
    expect(entry.content?.equals(expected)).toBe(true);
  }
});
