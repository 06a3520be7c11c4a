import { describe, expect, test } from 'vitest';
import { findIdMaps } from '../../../core/isolation/overlay/id-maps.ts';
import { findProgram } from '../../../core/isolation/overlay/programs.ts';
import { whatForbids } from '../../../core/isolation/overlay/refusals.ts';

/** A machine as far as its files go. */
const machine =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string | undefined =>
    files[path];

describe('ids of a user namespace', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n';

  test("are the user's own as root's, and behind it the range that is found by name or number", () => {
    const byName = {
      '/etc/passwd': passwd,
      '/etc/subuid': 'bob:1:2\nann:100000:65536\n',
      '/etc/subgid': 'ann:200000:1000\n',
    };
    expect(findIdMaps(1000, 1001, machine(byName))).toEqual({
      by: 'helpers',
      uids: [
        { inside: 0, outside: 1000, count: 1 },
        { inside: 1, outside: 100_000, count: 65_536 },
      ],
      gids: [
        { inside: 0, outside: 1001, count: 1 },
        { inside: 1, outside: 200_000, count: 1000 },
      ],
    });
    const byNumber = { '/etc/subuid': '\n1000:5000:10', '/etc/subgid': '1000:5000:10' };
    expect(findIdMaps(1000, 1000, machine(byNumber))?.uids[1]).toEqual({ inside: 1, outside: 5000, count: 10 });
  });

  test('are none where either file has no range, or one that is no number', () => {
    const none: readonly Readonly<Record<string, string>>[] = [
      {},
      { '/etc/passwd': passwd, '/etc/subuid': 'ann:100000:65536' },
      { '/etc/passwd': passwd, '/etc/subuid': 'ann:100000:65536', '/etc/subgid': 'bob:100000:65536' },
      { '/etc/passwd': passwd, '/etc/subuid': 'ann:x:y', '/etc/subgid': 'ann:0:0' },
    ];
    for (const files of none) expect(findIdMaps(1000, 1000, machine(files))).toBeUndefined();
  });

  test('of root are those that root has here, under the same numbers', () => {
    const files = {
      '/proc/self/uid_map': '         0     100000      65536\n',
      '/proc/self/gid_map': '         0     100000      65536\n     70000 1 5\n',
    };
    expect(findIdMaps(0, 0, machine(files))).toEqual({
      by: 'write',
      uids: [{ inside: 0, outside: 0, count: 65_536 }],
      gids: [
        { inside: 0, outside: 0, count: 65_536 },
        { inside: 70_000, outside: 70_000, count: 5 },
      ],
    });
    expect(findIdMaps(0, 0, machine({}))).toBeUndefined();
  });
});

describe('what forbids namespaces', () => {
  const eperm = 'unshare: unshare failed: Operation not permitted';
  const plain = { '/proc/self/status': 'NoNewPrivs:\t0\nSeccomp:\t0\n' };

  test.each([
    ['kernel.unprivileged_userns_clone', 'kernel/unprivileged_userns_clone', '0\n', '=1'],
    ['user.max_user_namespaces', 'user/max_user_namespaces', '0\n', '=15000'],
    ['kernel.apparmor_restrict_unprivileged_userns', 'kernel/apparmor_restrict_unprivileged_userns', '1\n', '=0'],
  ])('%s is named, with the way to set it', (name, file, value, wanted) => {
    const refusal = whatForbids('user', eperm, machine({ ...plain, [`/proc/sys/${file}`]: value }));
    expect(refusal.finding).toBe(`forbidden by ${name}=${value.trim()} (${eperm})`);
    expect(refusal.enable).toEqual([`sysctl -w ${name}${wanted}`]);
  });

  test('switches that allow it are not blamed', () => {
    const allowing = {
      ...plain,
      '/proc/sys/kernel/unprivileged_userns_clone': '1\n',
      '/proc/sys/user/max_user_namespaces': '96365\n',
      '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '0\n',
    };
    expect(whatForbids('single', eperm, machine(allowing))).toEqual({ finding: `refused (${eperm})`, enable: [] });
  });

  test('a container says by its status what it is', () => {
    const filtered = machine({ '/proc/self/status': 'NoNewPrivs:\t0\nSeccomp:\t2\n' });
    expect(whatForbids('root', eperm, filtered).finding).toContain('seccomp');
    expect(whatForbids('single', eperm, filtered).enable[0]).toContain('seccomp=unconfined');
    expect(whatForbids('root', eperm, machine(plain)).finding).toContain('CAP_SYS_ADMIN is missing');
    const held = machine({ '/proc/self/status': 'NoNewPrivs:\t1\nSeccomp:\t2\n' });
    expect(whatForbids('user', eperm, held).finding).toContain('no_new_privs');
    expect(whatForbids('single', '', held).finding).toContain('(refused)');
  });
});

test('programs are looked for in absolute directories alone', () => {
  expect(findProgram('sh', '.:relative:/nowhere:/bin:/usr/bin')).toMatch(/^\/(usr\/)?bin\/sh$/);
  expect(findProgram('sh', '.:bin')).toBeUndefined();
  expect(findProgram('no-such-program', '/bin:/usr/bin')).toBeUndefined();
});
