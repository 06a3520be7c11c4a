import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { requirements } from '../../support/needs.ts';
import { tryRun } from '../../support/process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { busyboxItems, openBench, plainItems, ranks, type Bench } from './bench.ts';
import type { ShellJob } from './scenario.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'subuid-user', 'userns', 'busybox-static']);

for (const rank of ranks) {
  suite(`a step, ${rank}`, () => {
    let temp: TempDir;
    let bench: Bench;
    let base: string;
    beforeAll(async () => {
      temp = await tempDir('steps');
      bench = await openBench(rank, temp);
      base = await bench.tar('base', rank === 'single' ? plainItems() : busyboxItems());
    });
    afterAll(async () => temp.remove());

    const shell = async (script: string, job: ShellJob = {}) => {
      const [outcome] = await bench.run([base], [{ do: 'run', job: { script, ...job } }]);
      return outcome!;
    };

    it('has the environment of the job and nothing else', async () => {
      const env = [
        ['PATH', '/bin'],
        ['odd.name', 'kept'],
        ['LD_PRELOAD', '/nowhere.so'],
        ['TWO', 'a\nb'],
      ] as const;
      const [outcome] = await bench.run([base], [{ do: 'run', job: { argv: ['/bin/env'], env } }]);
      expect(outcome!.out!.trim().split('\n').sort()).toEqual(
        ['HOME=/root', 'LD_PRELOAD=/nowhere.so', 'PATH=/bin', 'TWO=a', 'b', 'odd.name=kept'].sort(),
      );
    });

    it('gets its status, its streams and its input', async () => {
      const outcomes = await bench.run(
        [base],
        [
          { do: 'run', job: { script: 'echo out; echo err >&2; exit 42' } },
          { do: 'run', job: { script: 'kill -TERM $$' } },
          { do: 'run', job: { script: 'kill -9 $$' } },
          { do: 'run', job: { argv: ['/absent'] } },
          { do: 'run', job: { argv: ['/etc/passwd'] } },
          { do: 'run', job: { script: 'cat', stdin: 'fed\n' } },
          { do: 'run', job: { script: 'read line || echo nothing' } },
        ],
      );
      expect(outcomes).toEqual([
        { status: 42, out: 'out\n', err: 'err\n' },
        { status: 143, out: '', err: '' },
        { status: 137, out: '', err: '' },
        { status: 127, out: '', err: '/absent: not found (in /)\n' },
        { status: 126, out: '', err: '/etc/passwd: permission denied (in /)\n' },
        { status: 0, out: 'fed\n', err: '' },
        { status: 0, out: 'nothing\n', err: '' },
      ]);
    });

    it('may open its streams by name, and write more than anybody holds', async () => {
      const outcome = await shell(
        'echo a >/dev/stdout; echo b >/dev/stderr; yes | head -c 20000000 | md5sum; yes | head -c 5000000',
      );
      expect(outcome).toMatchObject({ status: 0, err: 'b\n' });
      expect(outcome.out).toMatch(/^a\n[0-9a-f]{32}  -\n(y\n)+$/);
      expect(outcome.out!.length).toBe(2 + 36 + 5_000_000);
    });

    it('finds what container runtimes give, and a umask of 022', async () => {
      const outcome = await shell(
        'umask; hostname; pwd; ls /dev | tr "\\n" " "; echo; echo x >/dev/null && head -c 2 /dev/zero | wc -c; ' +
          'mount | grep -c " /dev/shm "; grep box /etc/hosts | wc -l; test -e /etc/resolv.conf && echo resolv; test -S /proc/self/fd/1 || echo pipe',
        { cwd: '/lib' as ImagePath },
      );
      expect(outcome.out!.split('\n')).toEqual([
        '0022',
        'box',
        '/lib',
        'core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ',
        '2',
        '1',
        '1',
        'resolv',
        'pipe',
        '',
      ]);
    });

    it('leaves nothing of its surroundings in the tree', async () => {
      const [ran, changes] = await bench.run([base], [{ do: 'run', job: { script: 'true' } }, { do: 'changes' }]);
      expect(ran!.status).toBe(0);
      expect(changes!.changes).toEqual([]);
    });

    it('starts in a directory that is made where it is missing', async () => {
      const [ran, changes] = await bench.run(
        [base],
        [{ do: 'run', job: { script: 'pwd', cwd: '/new/place' as ImagePath } }, { do: 'changes' }],
      );
      expect(ran!.out).toBe('/new/place\n');
      expect(
        changes!.changes!.map((line) =>
          line
            .split(' ')
            .filter((word) => !word.startsWith('@'))
            .join(' '),
        ),
      ).toEqual(['directory 755 0:0 /new', 'directory 755 0:0 /new/place']);
    });

    it('runs as the user of the image', async () => {
      const outcome = await shell('id; echo $HOME; cat /root/x', { user: 'user' });
      if (rank === 'single') {
        expect(outcome.error).toMatchObject({ code: 'USER_NOT_MAPPED' });
        expect(outcome.error!.hint).toContain('uidmap');
        return;
      }
      expect(outcome.out).toBe('uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)\n/home/user\n');
      expect(outcome.err).toContain('Permission denied');
      expect((await shell('id; echo x >/dev/stderr', { user: '7:8' })).out).toBe('uid=7 gid=8 groups=8\n');
      expect((await shell('true', { user: 'nobody' })).error).toMatchObject({ code: 'OWNER_UNKNOWN' });
    });

    it('sees files and mounts of the job, and writes to neither tree nor what is read-only', async () => {
      const host = `${bench.directory}/host`;
      const { mkdir, writeFile, readFile, chmod } = await import('node:fs/promises');
      await mkdir(`${host}/sub`, { recursive: true });
      await writeFile(`${host}/sub/file`, 'from the host\n');
      await chmod(host, 0o777);
      await chmod(`${host}/sub`, 0o777);
      const source = host as never;
      const [ran, changes] = await bench.run(
        [base],
        [
          {
            do: 'run',
            job: {
              script:
                'cat /m/sub/file; echo no >/ro/sub/new; echo yes >/m/sub/new; sh /dev/pipes/script; cat /run/secrets/s; ls -l /run/secrets | tail -n 1 | cut -c1-10',
              mounts: [
                { source, target: '/m' as ImagePath, readOnly: false },
                { source, target: '/ro' as ImagePath, readOnly: true },
              ],
              files: [
                { path: '/dev/pipes/script' as ImagePath, content: 'echo from a script\n', mode: 0o755 },
                { path: '/run/secrets/s' as ImagePath, content: 'secret\n', mode: 0o400 },
              ],
            },
          },
          { do: 'changes' },
        ],
      );
      expect(ran!.out).toBe('from the host\nfrom a script\nsecret\n-r--------\n');
      expect(ran!.err).toContain('/ro/sub/new: Read-only file system');
      expect(await readFile(`${host}/sub/new`, 'utf8')).toBe('yes\n');
      expect(changes!.changes).toEqual([]);
    });

    it('has a network of its own where it asks for none', async () => {
      const outcome = await shell('ls /sys/class/net | tr "\\n" " "; ping -c 1 127.0.0.1 >/dev/null && echo up', {
        network: 'none',
      });
      expect(outcome.out).toBe('lo up\n');
      const both = await bench.run(
        [base],
        [
          { do: 'run', job: { argv: ['/bin/readlink', '/proc/self/ns/net'], network: 'none' } },
          { do: 'run', job: { argv: ['/bin/readlink', '/proc/self/ns/net'] } },
        ],
      );
      expect(both[0]!.out).not.toBe(both[1]!.out);
      const { readlink } = await import('node:fs/promises');
      expect(both[1]!.out!.trim()).toBe(await readlink('/proc/self/ns/net'));
    });

    it('ends with all it started, also in other sessions', async () => {
      const [ran, then] = await bench.run(
        [base],
        [
          { do: 'run', job: { script: 'setsid sleep 1000 & (setsid sh -c "sleep 1000 & sleep 1000" &) ; echo done' } },
          { do: 'run', job: { script: 'ps | grep -c "sleep 100[0]"' } },
        ],
      );
      expect(ran).toEqual({ status: 0, out: 'done\n', err: '' });
      expect(then!.out).toBe('0\n');
    });

    it('is ended from outside', async () => {
      const begun = performance.now();
      const [ran] = await bench.run(
        [base],
        [{ do: 'run', job: { script: 'trap "" TERM; sleep 1000' }, abortAfter: 2000 }],
      );
      expect(ran).toMatchObject({ status: 137 });
      expect(performance.now() - begun).toBeLessThan(20_000);
    });

    it('does not wait for processes whose parents have ended', async () => {
      const outcome = await shell(
        'sh -c "sleep 0.1 & echo \\$! >/tmp/pid"; sleep 0.5; kill -0 $(cat /tmp/pid) 2>/dev/null || echo gone',
      );
      expect(outcome.out).toBe('gone\n');
    });

    it('has a tree of its own, also when others run at the same time', async () => {
      const signals = `${bench.directory}/signals`;
      const { mkdir, chmod } = await import('node:fs/promises');
      await mkdir(signals, { recursive: true });
      await chmod(signals, 0o777);
      const mounts = [{ source: signals as never, target: '/signals' as ImagePath, readOnly: false }];
      // Each waits for all others: they end only if they run together.
      const jobs = Array.from({ length: 6 }, (_, at) => ({
        mounts,
        hostname: `box-${at}`,
        script: `touch /signals/${at}; while [ $(ls /signals | wc -l) -lt 6 ]; do sleep 0.05; done; echo ${at} >/lib/mine-${at}; hostname; ls /lib | grep -c mine`,
      }));
      const [outcome] = await bench.run([base], [{ do: 'together', jobs }]);
      expect(outcome!.changes).toEqual(jobs.map((_, at) => `0 box-${at}\n1 /lib,/lib/mine-${at}`));
    });

    // Where root may mount, it may mount /proc.
    if (rank !== 'root') {
      it('goes without a /proc of its own where none can be mounted', async () => {
        const { readFile } = await import('node:fs/promises');
        const before = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
        const [ran] = await bench.run(
          [base],
          [
            {
              do: 'run',
              job: {
                script:
                  'test -d /proc/self && echo there; echo x >/proc/sys/kernel/core_pattern; head -c 1 /proc/kcore | wc -c',
              },
            },
          ],
          { freshProc: false },
        );
        expect(ran).toMatchObject({ status: 0, out: 'there\n0\n' });
        expect(await readFile('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before);
      });
    }

    it('may have the terminal', async () => {
      const { argv, env } = await bench.command();
      const actions = [{ do: 'run', job: { script: 'echo seen; echo complained >&2; exit 5' }, inherit: true }];
      const scenario = { store: bench.store, rank, layers: [base], actions };
      const result = await tryRun(argv, { env, input: JSON.stringify(scenario), cwd: '/' });
      expect(result.stdout).toBe('seen\n{"status":5,"out":"","err":""}\n');
      expect(result.stderr).toBe('complained\n');
    });

    if (rank === 'single')
      it('says why owners could not be changed', async () => {
        const outcome = await shell('chown 1000 /lib/one');
        expect(outcome.error).toMatchObject({ code: 'OWNERS_NOT_MAPPED', exit: 1 });
        expect(outcome.error!.hint).toContain('uidmap');
      });
  });
}
