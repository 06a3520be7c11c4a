import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { toBuffer } from '../../../core/base/bytes.ts';
import { mountPoints } from '../../../core/isolation/overlay/mount-point.ts';
import { mountOverlay } from '../../../core/isolation/overlay/mount-overlay.ts';
import type { Mounts, NewMount } from '../../../core/sys/mounts.ts';
import type { Nodes } from '../../../core/sys/nodes.ts';
import type { Namespaces } from '../../../core/sys/namespaces.ts';
import { sysError } from '../../../core/sys/sys-error.ts';

const top = mkdtempSync(join(tmpdir(), 'strake-mounting-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('mount points', () => {
  let root: string;
  const nodes: Pick<Nodes, 'setModified'> = {
    setModified: (path, seconds) => utimesSync(path as Buffer, seconds, seconds),
  };
  const points = () => mountPoints(root, nodes as Nodes);
  const at = (path: string): ImagePath => path as ImagePath;
  beforeEach(() => {
    root = mkdtempSync(join(top, 'root-'));
    mkdirSync(join(root, 'etc'));
    utimesSync(join(root, 'etc'), 1000, 1000);
  });

  test('that are there are taken as they are', () => {
    writeFileSync(join(root, 'etc/hosts'), '');
    const found = points();
    expect(found.at(at('/etc/hosts'), 'file')).toEqual(Buffer.from(`${root}/etc/hosts`));
    expect(found.at(at('/etc'), 'directory')).toEqual(Buffer.from(`${root}/etc`));
    expect(found.made).toEqual([]);
  });

  test('that are missing are made with their parents, and directories keep their time', () => {
    const found = points();
    found.at(at('/etc/new/deep/file'), 'file');
    expect(found.made).toEqual(['/etc/new', '/etc/new/deep', '/etc/new/deep/file']);
    expect(lstatSync(join(root, 'etc/new/deep/file')).size).toBe(0);
    expect(statSync(join(root, 'etc')).mtimeMs).toBe(1_000_000);
  });

  test('names are bytes', () => {
    points().at(at('/etc/\xff'), 'directory');
    expect(readdirSync(join(root, 'etc'), 'buffer')).toEqual([toBuffer('\xff')]);
  });

  test.each([
    ['/out', '/etc/x'],
    ['../../../../../../../../out', '/etc/x'],
    ['../out', '/etc/x'],
  ])('a link to %s stays inside', (target, path) => {
    symlinkSync(target, join(root, 'etc/x'));
    expect(points().at(at(path), 'directory')).toEqual(Buffer.from(`${root}/out`));
    expect(readdirSync(root).sort()).toEqual(['etc', 'out']);
  });

  test('links on the way are followed inside, and `..` behind them climbs from where they lead', () => {
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    symlinkSync('/a/b/c', join(root, 'short'));
    symlinkSync('../short/../d', join(root, 'etc/link'));
    expect(points().at(at('/etc/link'), 'file')).toEqual(Buffer.from(`${root}/a/b/d`));
  });

  test('circles and things of the wrong kind are said', () => {
    symlinkSync('two', join(root, 'one'));
    symlinkSync('one', join(root, 'two'));
    writeFileSync(join(root, 'file'), '');
    expect(() => points().at(at('/one'), 'file')).toThrow(expect.objectContaining({ code: 'LINK_LOOP' }));
    for (const [path, kind] of [
      ['/file', 'directory'],
      ['/file/below', 'file'],
      ['/etc', 'file'],
    ] as const)
      expect(() => points().at(at(path), kind)).toThrow(expect.objectContaining({ code: 'MOUNT_POINT_CLASH' }));
  });
});

describe('an overlay', () => {
  const parts = {
    lowers: ['/store/layers/root/b', '/store/layers/root/a:1'],
    upper: '/store/layers/root/work/upper',
    work: '/store/layers/root/work/work',
    target: '/m',
    bookkeeping: 'trusted',
  } as const;

  function kernel(refusal?: string) {
    const calls: unknown[] = [];
    const mounts: Pick<Mounts, 'mount' | 'mountWithOptions'> = {
      mount: (mount: NewMount) => void calls.push(mount),
      mountWithOptions(type, options, target, attributes) {
        if (refusal !== undefined)
          throw sysError(refusal === 'EINVAL' ? 22 : refusal === 'ENOSYS' ? 38 : 1, 'fsconfig');
        calls.push({ type, options, target, attributes });
      },
    };
    const namespaces: Pick<Namespaces, 'changeDirectory'> = {
      changeDirectory: (path) => void calls.push(String(path)),
    };
    return { calls, sys: { mounts: mounts as Mounts, namespaces: namespaces as Namespaces } };
  }

  test('gets its layers one by one, uppermost first, and copies whole what it changes', () => {
    const { calls, sys } = kernel();
    mountOverlay(sys, parts);
    expect(calls).toEqual([
      {
        type: 'overlay',
        target: '/m',
        attributes: 4,
        options: [
          ['lowerdir+', '/store/layers/root/b'],
          ['lowerdir+', '/store/layers/root/a:1'],
          ['upperdir', '/store/layers/root/work/upper'],
          ['workdir', '/store/layers/root/work/work'],
          ['volatile'],
          ['redirect_dir', 'off'],
          ['metacopy', 'off'],
          ['index', 'off'],
        ],
      },
    ]);
  });

  test.each(['EINVAL', 'ENOSYS'])('goes into one page where the kernel is older (%s)', (refusal) => {
    const { calls, sys } = kernel(refusal);
    mountOverlay(sys, { ...parts, bookkeeping: 'user' });
    expect(calls).toEqual([
      '/store/layers/root',
      {
        type: 'overlay',
        target: '/m',
        flags: 4,
        data: String.raw`lowerdir=b:a\:1,upperdir=work/upper,workdir=work/work,volatile,userxattr`,
      },
    ]);
  });

  test('that is forbidden is not tried again', () => {
    const { calls, sys } = kernel('EPERM');
    expect(() => mountOverlay(sys, parts)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(calls).toEqual([]);
  });
});
