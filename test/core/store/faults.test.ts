import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../../core/base/brand.ts';
import { doctorStore } from '../../../core/store/doctor-store.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { storeFault } from '../../../core/store/store-faults.ts';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

let directory: TempDir;
beforeEach(async () => {
  directory = await tempDir('faults');
});
afterEach(async () => directory.remove());

const codes = async (path: string): Promise<string[]> =>
  (await doctorStore(hostPath(path))).map((finding) => finding.code);

test('a place that is in order, there or not', async () => {
  expect(await codes(directory.path)).toEqual([]);
  expect(await codes(directory.at('not/yet/there'))).toEqual([]);
  expect(existsSync(directory.at('not'))).toBe(false);
});

test('a place that cannot even be looked at is a finding', { timeout: 5000 }, async () => {
  writeFileSync(directory.at('f'), '');
  expect(await codes(directory.at('f/store'))).toEqual(['STORE_NOT_WRITABLE']);
});

test('a place below a file', async () => {
  writeFileSync(directory.at('f'), '');
  await expect(openStore(hostPath(directory.at('f/store')))).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
});

test('places where no folder can be made', { timeout: 5000 }, async () => {
  writeFileSync(directory.at('f'), '');
  symlinkSync('nowhere', directory.at('link'));
  for (const path of ['/proc/strake', '/proc/strake/below', directory.at('f'), directory.at('link')])
    await expect(openStore(hostPath(path)), path).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
});

test.each([
  ['ENOSPC', 'STORE_FULL'],
  ['EDQUOT', 'STORE_FULL'],
  ['EACCES', 'STORE_NOT_WRITABLE'],
  ['EROFS', 'STORE_NOT_WRITABLE'],
])('%s is %s', (code, problem) => {
  expect(storeFault(Object.assign(new Error('x'), { code }), directory.path)).toMatchObject({
    code: problem,
    facts: { path: directory.path },
  });
});

test('a full disk is told with what is free', () => {
  const fault = storeFault(Object.assign(new Error('x'), { code: 'ENOSPC' }), directory.at('not/there')) as Error;
  expect(fault.message).toMatch(/not\/there cannot be written: no space is left \(\d+ MiB free\)/);
});

test('what is no fault of the disk passes through', () => {
  const error = new Error('other');
  expect(storeFault(error, '/x')).toBe(error);
});

const { suite } = await requirements(import.meta.url, ['mounts']);

suite('on file systems of its own', () => {
  const script = new URL('./faults-process.ts', import.meta.url).pathname;
  /** In a mount namespace of its own: what is mounted ends with it. */
  const told = async (mount: string, below = ''): Promise<string[]> => {
    const at = directory.at('mounted');
    mkdirSync(at);
    const shell = `${mount} ${at} && exec ${process.execPath} ${script} ${at}${below}`;
    return (await run(['unshare', '--mount', 'sh', '-c', shell])).stdout.trim().split('\n');
  };

  test('a small disk fills up', async () => {
    expect(await told('mount -t tmpfs -o size=1m none')).toEqual([
      'before: STORE_FULL',
      'three megabytes: STORE_FULL',
      'half a megabyte: fine',
    ]);
  });
  test('one that may only be read', async () => {
    expect(await told('mount -t tmpfs -o ro none', '/store')).toEqual([
      'before: STORE_NOT_WRITABLE',
      'three megabytes: STORE_NOT_WRITABLE',
      'half a megabyte: STORE_NOT_WRITABLE',
    ]);
  });
  test('an overlay', async () => {
    for (const name of ['lower', 'upper', 'work']) mkdirSync(directory.at(name));
    const layers = `lowerdir=${directory.at('lower')},upperdir=${directory.at('upper')},workdir=${directory.at('work')}`;
    expect((await told(`mount -t overlay -o ${layers} none`))[0]).toBe('before: STORE_ON_OVERLAY');
  });
});
