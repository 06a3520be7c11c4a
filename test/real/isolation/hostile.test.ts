import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import type { TarItem } from '../../support/raw-tar.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { busyboxItems, openBench, type Bench } from './bench.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'subuid-user', 'userns', 'busybox-static']);

for (const rank of ['root', 'user'] as const) {
  suite(`images that mean harm, ${rank}`, () => {
    let temp: TempDir;
    let bench: Bench;
    let victim: string;
    let items: TarItem[];
    beforeAll(async () => {
      temp = await tempDir('hostile');
      bench = await openBench(rank, temp);
      victim = temp.at('victim');
      await mkdir(`${victim}/proc`, { recursive: true, mode: 0o777 });
      await writeFile(`${victim}/file`, 'untouched\n');
      items = busyboxItems();
    });
    afterAll(async () => temp.remove());

    const expectUntouched = async (): Promise<void> => {
      expect(await readFile(`${victim}/file`, 'utf8')).toBe('untouched\n');
      expect((await readdir(victim)).sort()).toEqual(['file', 'proc']);
      expect(await readdir(`${victim}/proc`)).toEqual([]);
    };
    const without = (...paths: readonly string[]): TarItem[] =>
      items.filter(({ path }) => !paths.some((one) => path === one || String(path).startsWith(`${one}/`)));
    const link = (path: string, target: string): TarItem => ({ path, type: 'symlink', link: target, mtime: 1 });
    /** What climbs out of wherever layers are unpacked and mounted. */
    const climbing = (path: string): string => `${'../'.repeat(30)}${path.slice(1)}`;

    describe.each([
      ['absolute', (path: string) => path],
      ['climbing', climbing],
    ] as const)('%s links', (_, out) => {
      it('in the place of what is mounted lead nowhere', async () => {
        const base = await bench.tar('links', [
          ...items,
          link('dev', out(victim)),
          link('proc', out(`${victim}/proc`)),
          link('sys', out(victim)),
          link('etc/resolv.conf', out(`${victim}/file`)),
          link('etc/hosts', out(`${victim}/new`)),
        ]);
        const [ran, changes] = await bench.run(
          [base],
          [
            {
              do: 'run',
              job: {
                script: 'echo x >/etc/resolv.conf; echo y >/etc/hosts; ls /proc/self >/dev/null && echo ok',
                cwd: '/' as never,
              },
            },
            { do: 'changes' },
          ],
        );
        // Three trees cannot lie at one place, so what was mounted last covers the others; nothing lies outside.
        expect(ran!.error ?? ran!.status).toBeDefined();
        expect(changes!.changes ?? []).toEqual([]);
        await expectUntouched();
      });

      it('lead to places of the image', async () => {
        const base = await bench.tar('inside', [
          ...items,
          link('proc', out('/real/proc')),
          link('dev', out('/real/dev')),
          link('etc/resolv.conf', out('/run/resolv.conf')),
        ]);
        const [ran, changes] = await bench.run(
          [base],
          [
            {
              do: 'run',
              job: { script: 'ls -d /real/proc/self/. && echo x >/dev/null && test -e /run/resolv.conf && echo ok' },
            },
            { do: 'changes' },
          ],
        );
        expect(ran).toMatchObject({ status: 0, out: '/real/proc/self/.\nok\n' });
        expect(changes!.changes).toEqual([]);
      });

      it('as the directory of all configuration', async () => {
        const base = await bench.tar('etc', [...without('etc'), link('etc', out(victim))]);
        const [ran] = await bench.run(
          [base],
          [{ do: 'run', job: { script: 'echo x >/etc/new; cat /etc/file; ls /etc' } }],
        );
        expect(ran!.out).toBe('hosts\nnew\nresolv.conf\n');
        await expectUntouched();
      });

      it('as the accounts are not read', async () => {
        await writeFile(`${victim}/file`, 'untouched\n');
        const base = await bench.tar('passwd', [...without('etc/passwd'), link('etc/passwd', out('/etc/passwd'))]);
        const [ran] = await bench.run([base], [{ do: 'run', job: { script: 'id -u', user: 'daemon' } }]);
        expect(ran!.error).toMatchObject({ code: 'OWNER_UNKNOWN' });
      });

      it('in a layer are not written through', async () => {
        const base = await bench.tar('through', [
          ...items,
          link('out', out(victim)),
          { path: 'out/file', content: 'overwritten\n' },
          { path: 'out/new', content: 'new\n' },
          { path: 'out/proc/', type: 'directory', mode: 0o700 },
          link('file', out(`${victim}/file`)),
          { path: 'file', content: 'replaced\n' },
          link('mode', out(`${victim}/file`)),
          { path: 'mode', type: 'hardlink', link: 'file' },
          link('dir', out(victim)),
          { path: 'dir/', type: 'directory', mode: 0o711 },
        ]);
        const [ran] = await bench.run(
          [base],
          [{ do: 'run', job: { script: 'cat file; cat mode; stat -c %a /dir; ls /out/' } }],
        );
        expect(ran!.out).toBe('replaced\nreplaced\n711\nfile\nnew\nproc\n');
        await expectUntouched();
        expect((await stat(`${victim}/proc`)).mode & 0o777).not.toBe(0o700);
      });

      it('are not whited out through', async () => {
        const first = await bench.tar('first', items);
        const second = await bench.tar('second', [
          link('out', out(victim)),
          { path: 'out/.wh.file' },
          { path: 'out/.wh..wh..opq' },
          { path: 'lib/.wh.one' },
        ]);
        const [ran] = await bench.run([first, second], [{ do: 'run', job: { script: 'ls /lib; ls -d /out/' } }]);
        expect(ran!.out).toBe('deep\nlink\ntwo\n/out/\n');
        await expectUntouched();
      });
    });

    it('cannot link to files outside', async () => {
      const base = await bench.tar('hard', [
        ...items,
        link('out', victim),
        { path: 'stolen', type: 'hardlink', link: 'out/file' },
      ]);
      const [ran] = await bench.run([base], [{ do: 'run', job: { script: 'cat /stolen' } }]);
      expect(ran!.error).toMatchObject({ code: 'LAYER_ENTRY_IMPOSSIBLE' });
      const climbing = await bench.tar('climb', [...items, { path: `../${relative('/tmp', victim)}/x`, content: 'x' }]);
      await expect(bench.run([climbing], [{ do: 'run', job: {} }])).rejects.toThrow('ARCHIVE_ENTRY_OUTSIDE');
      await expectUntouched();
    });

    it('cannot speak to the overlay', async () => {
      const attributes = {
        'trusted.overlay.redirect': '/etc',
        'user.overlay.redirect': '/etc',
        'user.overlay.opaque': 'y',
      };
      const base = await bench.tar('base', items);
      const speaking = await bench.tar('speaking', [
        { path: 'lib/', type: 'directory', mode: 0o755, xattrs: attributes },
      ]);
      const [ran] = await bench.run([base, speaking], [{ do: 'run', job: { script: 'ls /lib' } }]);
      expect(ran!.out).toBe('deep\nlink\none\ntwo\n');
    });

    it('cannot stand in for other images', async () => {
      const base = await bench.tar('true', items);
      const [ran] = await bench.run([base], [{ do: 'run', job: { script: 'true' } }], { falseDiffId: true });
      expect(ran!.error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    });

    it('cannot wait for ever or lead in circles', async () => {
      const pipe = await bench.tar('pipe', [
        ...without('etc/passwd'),
        { path: 'etc/passwd', type: 'fifo', mode: 0o644 },
      ]);
      expect((await bench.run([pipe], [{ do: 'run', job: { script: 'echo fine' } }]))[0]!.out).toBe('fine\n');
      const circle = await bench.tar('circle', [...items, link('etc/hosts', 'hosts')]);
      expect((await bench.run([circle], [{ do: 'run', job: {} }]))[0]!.error).toMatchObject({ code: 'LINK_LOOP' });
      const clash = await bench.tar('clash', [...items, { path: 'etc/hosts/', type: 'directory', mode: 0o755 }]);
      expect((await bench.run([clash], [{ do: 'run', job: {} }]))[0]!.error).toMatchObject({
        code: 'MOUNT_POINT_CLASH',
      });
      await utimes(victim, 1, 1);
    });
  });
}
