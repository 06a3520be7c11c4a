import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { requirements } from '../../support/needs.ts';
import { tryRun } from '../../support/process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { busyboxItems, openBench, plainItems, ranks, type Bench } from './bench.ts';
import { chrootEscape } from './tiny-program.ts';
import type { ShellJob } from './scenario.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'subuid-user', 'userns', 'busybox-static']);

const secret = 'only on the machine itself';

for (const rank of ranks) {
  suite(`what a step must not do, ${rank}`, () => {
    let temp: TempDir;
    let bench: Bench;
    let base: string;
    beforeAll(async () => {
      temp = await tempDir('security');
      bench = await openBench(rank, temp);
      await writeFile(temp.at('marker'), secret);
      const items = rank === 'single' ? plainItems() : busyboxItems();
      base = await bench.tar('base', [
        ...items,
        { path: 'bin/escape', content: chrootEscape(temp.at('marker')), mode: 0o755 },
      ]);
    });
    afterAll(async () => temp.remove());

    const shell = async (script: string, job: ShellJob = {}) => {
      const [outcome] = await bench.run([base], [{ do: 'run', job: { script, ...job } }]);
      if (outcome!.error) throw new Error(JSON.stringify(outcome!.error));
      return outcome!;
    };

    it.skipIf(arch() !== 'x64')('leave its root', async () => {
      const outcome = await shell('escape; echo $?');
      expect(outcome.out).not.toContain(secret);
      expect(outcome.out).toMatch(/\0*0\n$/);
      // The same program gets out of a plain chroot: it is no blunt one.
      if (rank !== 'root') return;
      const plain = temp.at('plain');
      await tryRun(['sh', '-c', `mkdir -p ${plain}/tmp && tar -C ${plain} -xf ${base} bin/escape`]);
      expect((await tryRun(['chroot', plain, '/bin/escape'])).stdout).toContain(secret);
    });

    it('change the kernel', async () => {
      const before = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
      const outcome = await shell(
        [
          'echo "|/tmp/x" >/proc/sys/kernel/core_pattern',
          'mount -o remount,rw /proc/sys && echo remounted',
          'umount /proc/sys && echo unmounted',
          'mount -t proc none /tmp && echo mounted',
          'mount -o bind / /tmp && echo bound',
          'echo h >/proc/sysrq-trigger && echo triggered',
          'head -c 1 /proc/kcore | wc -c',
          'head -c 1 /proc/keys | wc -c',
          'echo 1 >/sys/kernel/profiling && echo written',
          'hostname other && echo named',
          'ls /sys/firmware /proc/acpi 2>/dev/null | grep -v : | tr -d "\\n"',
          'true',
        ].join('\n'),
      );
      expect(outcome.out).toBe('0\n0\n');
      expect(outcome.err).toContain('/proc/sys/kernel/core_pattern: Read-only file system');
      expect(await readFile('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before);
    });

    it('get there through a namespace of its own', async () => {
      const before = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
      const inner =
        'umount /proc/sys; mount -o remount,bind,rw /proc/sys; mount --move /proc /tmp; echo x >/proc/sys/kernel/core_pattern; echo x >/tmp/sys/kernel/core_pattern';
      await shell(`unshare -U -r -m sh -c '${inner}'; unshare -m sh -c '${inner}'; true`);
      expect(await readFile('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before);
    });

    it('open a device that it made', async () => {
      const cache = temp.at(rank, 'cache');
      await tryRun(['install', '-d', '-m', '777', cache]);
      const outcome = await shell(
        'for d in /tmp /dev /dev/shm /cache /root; do mknod $d/null c 1 3 2>/dev/null || { rm -f $d/null; continue; }; ' +
          '(echo x >$d/null) 2>/dev/null && echo "opened $d/null"; done; echo x >/dev/null && echo fine',
        { mounts: [{ source: cache as never, target: '/cache' as ImagePath, readOnly: false }] },
      );
      expect(outcome.out).toBe('fine\n');
    });

    it('change devices of the machine', async () => {
      await shell('chmod 600 /dev/null; chown 7 /dev/zero; true');
      expect((await stat('/dev/null')).mode & 0o777).toBe(0o666);
      expect((await stat('/dev/zero')).uid).toBe(0);
    });

    it('see or reach other processes', async () => {
      const outcome = await shell(
        'ps; tr "\\0" "\\n" </proc/1/environ; for p in /proc/[0-9]*; do cat $p/environ; done 2>/dev/null | tr "\\0" "\\n" | grep "environment of"; ' +
          'for d in /proc/[0-9]*; do ls $d/root/; done 2>/dev/null | sort -u | tr "\\n" " "',
        { env: [['PATH', '/bin']] },
      );
      expect(outcome.out).not.toContain('node');
      expect(outcome.out).not.toContain('environment of the builder');
      expect(outcome.out!.split('\n').filter((line) => /^\s*\d+ /.test(line)).length).toBeLessThan(7);
      expect(outcome.out!.split('\n').at(-1)).toBe('bin dev etc home lib proc root sys tmp ');
    });

    it('change the programs that wait for it', async () => {
      const shellBefore = await readFile('/bin/sh');
      const outcome = await shell(
        'for p in 1 2; do readlink /proc/$p/exe; (echo x >>/proc/$p/exe) && echo "wrote $p"; (echo x >>/proc/$p/root/bin/cat) ; done; ' +
          'exec 9</proc/1/exe; (echo x >>/proc/self/fd/9) && echo "wrote fd"; true',
      );
      expect(outcome.out).not.toContain('wrote');
      expect(await readFile('/bin/sh')).toEqual(shellBefore);
    });

    it('have more than the rights of a container, or fewer', async () => {
      const outcome = await shell('grep -E "Cap(Prm|Eff|Bnd|Inh|Amb)|NoNewPrivs" /proc/self/status | tr "\\t\\n" "  "');
      const set = '00000000a80425fb';
      expect(outcome.out!.trim()).toBe(
        `CapInh: 0000000000000000 CapPrm: ${set} CapEff: ${set} CapBnd: ${set} CapAmb: 0000000000000000 NoNewPrivs: 0`,
      );
    });

    it('find descriptors it was not given, or a terminal', async () => {
      const { argv, env } = await bench.command();
      const script = 'ls /proc/self/fd | tr "\\n" " "; (exec 5>/dev/tty) 2>/dev/null && echo terminal; true';
      const scenario = { store: bench.store, rank, layers: [base], actions: [{ do: 'run', job: { script } }] };
      // Whoever starts the build may have left a file open for everybody.
      const leaking = ['bash', '-c', 'exec 200</etc/passwd; exec "$@"', 'bash', ...argv];
      const result = await tryRun(leaking, { env, input: JSON.stringify(scenario), cwd: '/' });
      // 3 is the directory ls reads.
      expect(result.stdout).toBe('{"status":0,"out":"0 1 2 3 ","err":""}\n');
    });

    it('be more than its user', async () => {
      if (rank === 'single') return;
      const outcome = await shell('grep CapEff /proc/self/status; cat /home/user/../../root/x; echo x >/lib/one', {
        user: 'user',
      });
      expect(outcome.out).toBe('CapEff:\t0000000000000000\n');
      expect(outcome.err).toMatch(/Permission denied[\s\S]*Permission denied/);
    });

    it('find the layers of others on the disk', async () => {
      await chmod(bench.store, 0o755);
      const { user } = bench;
      const looked = await tryRun([
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        'ls',
        '-R',
        `${bench.store}/layers`,
      ]);
      expect(looked.stderr).toContain('Permission denied');
      expect(looked.stdout).not.toContain('bin');
      expect(user === undefined || (await stat(bench.store)).uid === user.uid).toBe(true);
    });
  });
}
