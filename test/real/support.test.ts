/** What all tests stand on: needs, users, runs of the command, what they leave behind, the summary at the end. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { cachedDirectory, cacheRoot } from '../support/cache.ts';
import { checkout, copySources } from '../support/checkout.ts';
import { openStrake } from '../support/cli.ts';
import { assertNothingLeft, findLeftovers } from '../support/leftovers.ts';
import { withLock } from '../support/lock.ts';
import { requirements } from '../support/needs.ts';
import { asUser, asUserArgv, userWithoutSubuids, userWithSubuids } from '../support/ordinary-user.ts';
import { cleanEnv, run, startDaemon, tryRun } from '../support/process.ts';
import { removeTree, tempDir } from '../support/temp-dir.ts';
import { waitFor } from '../support/wait.ts';
import { summarize } from '../../tools/test-summary.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'root', 'mounts', 'subuid-user', 'userns']);

describe('the summary of all tests', () => {
  const report = {
    testResults: [
      {
        name: 'a',
        status: 'passed',
        assertionResults: ['passed', 'passed', 'skipped'].map((status, at) => ({ status, fullName: `test ${at}` })),
      },
      { name: 'b', status: 'failed', assertionResults: [] },
    ],
  };
  const notes = [{ file: 'a', what: 'something', why: 'it needs root: not root' }];

  it('counts, and says what was left out', () => {
    expect(summarize({ report, notes, status: 1, strict: false }).lines).toEqual([
      'could not be loaded: b',
      'left out, because it needs root: not root:',
      '  something (a)',
      '1 tests were not run:',
      '  test 2',
      '2 passed, 1 failed',
    ]);
  });

  it('takes what was left out for a failure where everything must run', () => {
    expect(summarize({ report, notes, status: 1, strict: true }).lines.at(-1)).toBe('2 passed, 2 failed');
  });

  it('never calls a run good that vitest calls bad', () => {
    expect(
      summarize({ report: { testResults: [report.testResults[0]!] }, notes: [], status: 1, strict: false }).failed,
    ).toBe(1);
    expect(summarize({ report: undefined, notes: [], status: 0, strict: false }).lines.at(-1)).toBe(
      '0 passed, 1 failed',
    );
  });
});

suite('tests whose needs are not met', () => {
  /** `npm test` of one file on a machine that lacks umoci and does not install it. */
  const without = async (env: Record<string, string>): Promise<{ status: number | null; lines: string[] }> => {
    const script = 'mount --bind /dev/null /usr/bin/umoci && exec "$@"';
    const command = [process.execPath, 'tools/test.ts', '--project=real', 'test/real/support-images.test.ts'];
    const result = await tryRun(['unshare', '--mount', 'sh', '-c', script, 'sh', ...command], {
      cwd: checkout,
      env: cleanEnv({ STRAKE_TEST_INSTALL: 'never', STRAKE_TEST_CACHE: cacheRoot, NO_COLOR: '1', ...env }),
    });
    return { status: result.status, lines: result.stdout.trim().split('\n') };
  };

  it('are left out with a reason, or fail where everything must run', async () => {
    const why = 'umoci is not installed, and STRAKE_TEST_INSTALL=never forbids installing it';
    const [loose, strict] = [await without({}), await without({ CI: 'true' })];
    expect(loose.lines).toEqual(
      expect.arrayContaining([`left out, because ${why}:`, '  archives by hand (test/real/support-images.test.ts)']),
    );
    expect([loose.status, loose.lines.at(-1)]).toEqual([0, '0 passed, 0 failed']);
    expect(strict.lines).toContain(`left out, because ${why}:`);
    expect([strict.status, strict.lines.at(-1)]).toEqual([1, '0 passed, 5 failed']);
  });
});

suite('ordinary users', () => {
  it('have no rights', async () => {
    for (const user of [await userWithSubuids(), await userWithoutSubuids()]) {
      expect(user.uid).toBeGreaterThan(999);
      const status = await asUser(user, [
        'sh',
        '-c',
        'id -u; id -G; grep CapEff /proc/self/status; pwd; echo $HOME; cat /etc/shadow',
      ]);
      expect(status.stdout).toBe(`${user.uid}\n${user.gid}\nCapEff:\t0000000000000000\n${user.home}\n${user.home}\n`);
      expect(status.stderr).toContain('Permission denied');
    }
  });

  it('differ in the ids of their user namespaces', async () => {
    const map = ['unshare', '--user', '--map-root-user', '--map-auto', 'cat', '/proc/self/uid_map'];
    const [rich, plain] = [await userWithSubuids(), await userWithoutSubuids()];
    expect(rich.subordinate?.count).toBe(65_536);
    expect((await asUser(rich, map)).stdout).toMatch(/ 1 +\d+ +65535\n/);
    expect((await asUser(plain, map)).status).not.toBe(0);
    expect((await asUser(plain, ['unshare', '--user', '--map-root-user', 'id', '-u'])).stdout).toBe('0\n');
  });

  it('find node and the command where they can read them', async () => {
    const user = await userWithoutSubuids();
    await using world = await openStrake(user);
    const [node, ...rest] = (await world.command(['x'])).slice(asUserArgv(user, []).length);
    expect(rest.at(-1)).toBe('x');
    expect((await asUser(user, [node!, '--print', 'process.version'])).stdout).toMatch(/^v24\./);
  });

  it('can be given a copy of the sources with all they import', async () => {
    await using directory = await tempDir('copy');
    await copySources(directory.at('program'));
    const script = `import('zod').then((zod) => console.log(zod.z.string().parse('read')))`;
    const ran = await asUser(await userWithoutSubuids(), [directory.at('program/node'), '--eval', script], {
      cwd: directory.at('program'),
    });
    expect([ran.stdout, ran.stderr]).toEqual(['read\n', '']);
  });
});

suite('a world for runs', () => {
  it('belongs to its user and to nobody else', async () => {
    const user = await userWithSubuids();
    await using world = await openStrake(user);
    const script =
      'echo $HOME $STRAKE_HOME $TMPDIR; touch $HOME/a $STRAKE_HOME/b $TMPDIR/c d; env | sed "s/=.*//" | sort | tr "\\n" " "';
    const ran = await run(asUserArgv(user, ['sh', '-c', script]), {
      cwd: world.work,
      env: world.environment({ MORE: 'x' }),
    });
    expect(ran.stdout).toBe(
      `${world.home} ${world.store} ${world.temp}\nDEBIAN_FRONTEND HOME LANG LOGNAME MORE PATH PWD STRAKE_HOME STRAKE_TEST_MARKER TMPDIR USER `,
    );
    expect((await stat(`${world.work}/d`)).uid).toBe(user.uid);
    await expect(world.assertClean()).rejects.toThrow(`file ${world.temp}/c`);
  });
});

suite('what is left behind', () => {
  it('is found: a process, a mount, a file', async () => {
    await using directory = await tempDir('left');
    const traces = { marker: 'STRAKE_LEFT=1', directories: [directory.path], emptied: [directory.at('temp')] };
    expect(await findLeftovers(traces)).toEqual([]);
    await mkdir(directory.at('temp'));
    await writeFile(directory.at('temp/x'), '');
    expect(await findLeftovers(traces)).toEqual([`file ${directory.at('temp/x')}`]);
    await removeTree(directory.at('temp'));
    await run(['mount', '-t', 'tmpfs', 'none', directory.path]);
    expect(await findLeftovers(traces)).toContain(`mount ${directory.path}`);
    await expect(directory.remove()).rejects.toThrow('still mounted');
    await run(['umount', directory.path]);
    for (const options of [{ env: cleanEnv({ STRAKE_LEFT: '1' }) }, { cwd: directory.path }]) {
      await using daemon = startDaemon(['sleep', '60'], options);
      await expect(assertNothingLeft(traces, 200)).rejects.toThrow(`process ${daemon.child.pid}`);
    }
    await using hidden = startDaemon([
      'unshare',
      '--mount',
      'sh',
      '-c',
      `mount -t tmpfs none ${directory.path}; echo ready; cd /; exec sleep 60`,
    ]);
    await waitFor('the hidden mount', () => (hidden.output().includes('ready') ? true : undefined));
    await expect(assertNothingLeft(traces, 300)).rejects.toThrow('is mounted in its namespace');
    await hidden.stop();
    await assertNothingLeft(traces);
  });
});

suite('locks and caches', () => {
  it('let one at a time through, and make a thing once', async () => {
    await using directory = await tempDir('lock');
    const log: string[] = [];
    const enter = (name: string): Promise<void> =>
      withLock(directory.at('lock'), async () => {
        log.push(`${name} in`);
        await run(['sleep', '0.1']);
        log.push(`${name} out`);
      });
    await Promise.all([enter('a'), enter('b')]);
    expect(log.map((line) => line.slice(2))).toEqual(['in', 'out', 'in', 'out']);
    const key = `self-test-${process.pid}`;
    let made = 0;
    const make = async (draft: string): Promise<void> => {
      made += 1;
      await writeFile(`${draft}/x`, 'made');
    };
    await expect(cachedDirectory(key, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    const [first, second] = await Promise.all([cachedDirectory(key, make), cachedDirectory(key, make)]);
    expect([made, first, await readFile(`${second}/x`, 'utf8')]).toEqual([1, second, 'made']);
    await removeTree(first);
    await removeTree(`${cacheRoot}/locks/${key}`);
  });
});
