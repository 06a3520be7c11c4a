import { lstatSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { deviceNumber, deviceParts } from '../../../core/sys/nodes.ts';
import { codeOf, sysError } from '../../../core/sys/sys-error.ts';
import { loadSys } from '../../../core/sys/sys.ts';
import { readXattrs } from '../../../core/sys/xattrs.ts';

const linux = process.platform === 'linux';
const directory = mkdtempSync(join(tmpdir(), 'strake-sys-'));
const at = (name: string): string => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('device numbers are packed as the C library does and come apart again', () => {
  expect(deviceNumber(1, 3)).toBe(0x103n);
  expect(deviceNumber(0, 0)).toBe(0n);
  for (const [major, minor] of [
    [259, 0x12345],
    [0xfff, 0xff],
    [0x12345, 0xfffff],
  ] as const)
    expect(deviceParts(deviceNumber(major, minor))).toEqual({ major, minor });
});

test('errors carry the name of their number', () => {
  const error = sysError(1, 'mount', '/x');
  expect(error).toMatchObject({ code: 'EPERM', errno: 1, syscall: 'mount', path: '/x', message: "EPERM: mount '/x'" });
  expect(codeOf(error)).toBe('EPERM');
  expect(sysError(9999, 'mount').code).toBe('E9999');
});

describe.skipIf(!linux)('calls on files', async () => {
  const { xattrs, nodes } = await loadSys();

  test('attributes keep their bytes; what is not there is undefined', () => {
    writeFileSync(at('file'), 'x');
    const value = Buffer.from([0, 0x80, 0xff]);
    xattrs.set(at('file'), 'user.bytes', value);
    xattrs.set(at('file'), 'user.other', Buffer.from('y'));
    expect(xattrs.list(at('file'))).toEqual(expect.arrayContaining(['user.bytes', 'user.other']));
    expect(xattrs.get(at('file'), 'user.bytes')).toEqual(value);
    expect(xattrs.get(at('file'), 'user.absent')).toBeUndefined();
    expect([...readXattrs(xattrs, at('file'), (name) => name === 'user.bytes')!]).toEqual([['user.bytes', value]]);
    xattrs.remove(at('file'), 'user.bytes');
    expect(xattrs.get(at('file'), 'user.bytes')).toBeUndefined();
  });

  test('names are bytes, and a NUL in one is refused', () => {
    const name = Buffer.concat([Buffer.from(at('odd-')), Buffer.from([0xff])]);
    writeFileSync(name, '');
    xattrs.set(name, 'user.x', Buffer.from('1'));
    expect(xattrs.get(name, 'user.x')).toEqual(Buffer.from('1'));
    expect(() => xattrs.list(`${at('file')}\0`)).toThrow('EINVAL');
  });

  test('failures say what was asked', () => {
    expect(() => xattrs.get(at('absent'), 'user.x')).toThrow(
      expect.objectContaining({ code: 'ENOENT', path: at('absent') }),
    );
  });

  test('pipes are made with their mode', () => {
    nodes.fifo(at('pipe'), 0o640);
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  });

  test('only the time of modification is set, of links themselves', () => {
    symlinkSync('file', at('link'));
    utimesSync(at('file'), 1000, 2000);
    nodes.setModified(at('link'), -5);
    nodes.setModified(at('file'), 4_000_000_000);
    expect(lstatSync(at('link')).mtime).toEqual(new Date(-5000));
    expect(statSync(at('file'), { bigint: true })).toMatchObject({
      atimeMs: 1_000_000n,
      mtimeNs: 4_000_000_000_000_000_000n,
    });
  });
});
