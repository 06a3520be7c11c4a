import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import type { TarItem } from '../../support/raw-tar.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { baseTime, busyboxItems, openBench, type Bench } from './bench.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'subuid-user', 'busybox-static']);

const stat = (...paths: readonly string[]): string => `stat -c "%n %a %u:%g %Y" ${paths.join(' ')}`;

for (const rank of ['root', 'user'] as const) {
  suite(`unpacked layers, ${rank}`, () => {
    let temp: TempDir;
    let bench: Bench;
    let base: string;
    beforeAll(async () => {
      temp = await tempDir('layers');
      bench = await openBench(rank, temp);
      base = await bench.tar('base', busyboxItems());
    });
    afterAll(async () => temp.remove());

    const see = async (layers: readonly string[], script: string): Promise<string> => {
      const [ran] = await bench.run(layers, [{ do: 'run', job: { script } }]);
      expect(ran).toMatchObject({ status: 0 });
      return ran!.out!;
    };

    it('have the modes, owners, times and kinds of their entries', async () => {
      const layer = await bench.tar('kinds', [
        { path: 'k/', type: 'directory', mode: 0o3771, uid: 5, gid: 6, mtime: baseTime },
        { path: 'k/setuid', content: 'x', mode: 0o6711, uid: 1000, gid: 1000, mtime: baseTime },
        { path: 'k/none', content: '', mode: 0, mtime: 4_000_000_000 },
        { path: 'k/old', content: '', mtime: -5 },
        { path: 'k/link', type: 'symlink', link: 'none', uid: 7, gid: 8, mtime: baseTime },
        { path: 'k/same', type: 'hardlink', link: 'k/setuid' },
        { path: 'k/d/', type: 'directory', mode: 0o755, mtime: baseTime },
        { path: 'k/pipe', type: 'fifo', mode: 0o620, uid: 9, mtime: baseTime },
      ]);
      expect(await see([base, layer], `cd /k; ${stat('.', '*')}; stat -c "%h %F" setuid pipe link`)).toBe(
        [
          '. 3771 5:6 1000000000',
          'd 755 0:0 1000000000',
          'link 777 7:8 1000000000',
          'none 0 0:0 4000000000',
          'old 644 0:0 -5',
          'pipe 620 9:0 1000000000',
          'same 6711 1000:1000 1000000000',
          'setuid 6711 1000:1000 1000000000',
          '2 regular file',
          '1 fifo',
          '1 symbolic link',
          '',
        ].join('\n'),
      );
    });

    it('keep attributes and, as root, devices', async () => {
      const layer = await bench.tar('special', [
        { path: 'bin/capable', content: 'x', mode: 0o755, xattrs: { 'user.note': Buffer.from([0, 255]) } },
        { path: 'disk', type: 'block', major: 259, minor: 70_000, mode: 0o660 },
      ]);
      const [ran, changes] = await bench.run(
        [base, layer],
        [
          {
            do: 'run',
            job: { script: `${rank === 'root' ? 'stat -c "%F %t,%T" /disk; ' : ''}chmod 700 /bin/capable` },
          },
          { do: 'changes' },
        ],
      );
      expect(ran!.out).toBe(rank === 'root' ? 'block special file 103,11170\n' : '');
      expect(changes!.changes).toEqual([
        expect.stringMatching(/^directory 755 .* \/bin$/),
        expect.stringMatching(/^file 700 .*user\.note=00ff$/),
      ]);
    });

    it('look as the layers below say where they only pass through', async () => {
      const through = await bench.tar('through', [
        { path: 'tmp/file', content: 'x', mtime: baseTime },
        { path: 'home/user/.config/deep/file', content: 'x', uid: 1000, gid: 1000, mtime: baseTime },
        { path: 'new/dir/file', content: 'x', mtime: baseTime },
      ]);
      expect(
        await see([base, through], stat('/tmp', '/home', '/home/user', '/home/user/.config', '/new', '/new/dir')),
      ).toBe(
        [
          '/tmp 1777 0:0 1000000000',
          '/home 755 0:0 1000000000',
          '/home/user 750 1000:1000 1000000000',
          '/home/user/.config 755 0:0 0',
          '/new 755 0:0 0',
          '/new/dir 755 0:0 0',
          '',
        ].join('\n'),
      );
      const [, changes] = await bench.run(
        [base, through],
        [{ do: 'run', job: { script: 'ls -R /home /new' } }, { do: 'changes' }],
      );
      expect(changes!.changes).toEqual([]);
    });

    it('hide, replace and come back', async () => {
      const second = await bench.tar('second', [
        { path: 'lib/.wh.one' },
        { path: 'lib/.wh.deep' },
        { path: 'home/.wh..wh..opq' },
        { path: 'etc/.wh.nothing' },
        { path: 'root', content: 'a file now', mtime: baseTime },
      ]);
      const third = await bench.tar('third', [
        { path: 'lib/deep/', type: 'directory', mode: 0o711, mtime: baseTime },
        { path: 'lib/deep/new', content: 'x', mtime: baseTime },
        { path: 'home/other/', type: 'directory', mode: 0o755, mtime: baseTime },
        { path: 'root/', type: 'directory', mode: 0o500, mtime: baseTime },
      ]);
      expect(await see([base, second], 'ls /lib /home; cat /root')).toBe('/home:\n\n/lib:\nlink\ntwo\na file now');
      expect(await see([base, second, third], 'ls /lib /home /lib/deep /root')).toBe(
        '/home:\nother\n\n/lib:\ndeep\nlink\ntwo\n\n/lib/deep:\nnew\n\n/root:\n',
      );
    });

    it('may say one thing and then another', async () => {
      const layer = await bench.tar('twice', [
        { path: 'lib/.wh.deep' },
        { path: 'lib/deep/c', content: 'c\n' },
        { path: 'a', content: 'first\n' },
        { path: 'a', content: 'second\n' },
        { path: 'b/', type: 'directory', mode: 0o755 },
        { path: 'b/x', content: 'x' },
        { path: 'b', type: 'symlink', link: 'a' },
        { path: 'c', content: 'file' },
        { path: 'c/', type: 'directory', mode: 0o755 },
        { path: 'd/', type: 'directory', mode: 0o755 },
        { path: 'd/', type: 'directory', mode: 0o700 },
        { path: 'home/new', content: 'n' },
        { path: 'home/.wh..wh..opq' },
        { path: 'e', content: 'e\n' },
        { path: '.wh.e' },
      ]);
      expect(await see([base, layer], 'ls /lib/deep /home; cat a b e; stat -c "%F %a" c d')).toBe(
        '/home:\nnew\n\n/lib/deep:\nc\nsecond\nsecond\ne\ndirectory 755\ndirectory 700\n',
      );
    });

    it('may be many', async () => {
      const layers: string[] = [base];
      for (let at = 0; at < 130; at++)
        layers.push(await bench.tar(`many-${at}`, [{ path: `many/${at}`, content: `${at}\n`, mtime: baseTime }]));
      expect(await see(layers, 'ls /many | wc -l; cat /many/0 /many/129')).toBe('130\n0\n129\n');
    });

    it('may be none', async () => {
      const [put, ran, changes] = await bench.run(
        [],
        [{ do: 'put', layer: base }, { do: 'run', job: { script: 'echo x >/new; cat /new' } }, { do: 'changes' }],
      );
      expect(put!.error).toBeUndefined();
      expect(ran!.out).toBe('x\n');
      expect(changes!.changes).toEqual([expect.stringMatching(/^file 644 0:0 2b @\d+ \/new$/)]);
    });

    it('are unpacked once, several at a time, and pruned', async () => {
      const store = join(bench.directory, 'own');
      const parts: string[] = [];
      const many = (prefix: string): TarItem[] =>
        Array.from({ length: 300 }, (_, at) => ({
          path: `${prefix}/${at}`,
          content: `${at}`.repeat(500),
          mtime: baseTime,
        }));
      for (const name of ['p', 'q', 'r']) parts.push(await bench.tar(name, many(name)));
      const layers = [base, ...parts];
      const look = { do: 'run', job: { script: 'ls /p /q /r | wc -l' } } as const;
      const [first] = await bench.run(layers, [look], { store });
      expect(first!.out).toBe('905\n');
      const [flavour] = await readdir(join(store, 'layers'));
      const shelved = async () => (await readdir(join(store, 'layers', flavour!, 'by-diff'))).length;
      expect(await shelved()).toBe(4);
      const directories = async () =>
        (await readdir(join(store, 'layers', flavour!))).filter((name) => /^[0-9a-f]{10}$/.test(name)).sort();
      const before = await directories();
      await bench.run(layers, [look], { store });
      expect(await directories()).toEqual(before);
      const [kept] = await bench.run(layers, [{ do: 'prune' }], { store });
      expect(kept!.pruned).toEqual({ bytes: 0, layers: 0 });
      const [gone] = await bench.run([base], [{ do: 'prune' }], { store });
      expect(gone!.pruned!.layers).toBe(3);
      expect(gone!.pruned!.bytes).toBeGreaterThan(900 * 1000);
      expect(await shelved()).toBe(1);
      expect((await directories()).length).toBe(1);
      expect(await readdir(join(store, 'layers', flavour!, 'work'))).toEqual([]);
    });

    it('belong to one kind of user', async () => {
      const store = join(bench.directory, 'own');
      await mkdir(store, { recursive: true });
      await bench.run([base], [{ do: 'run', job: {} }], { store });
      const [flavour, ...others] = await readdir(join(store, 'layers'));
      expect(others).toEqual([]);
      expect(flavour).toMatch(rank === 'root' ? /^root$/ : /^user-[0-9a-f]{12}$/);
    });
  });
}

suite('owners beyond the ids of a user', () => {
  it('end with a problem that says so', async () => {
    await using temp = await tempDir('ids');
    const bench = await openBench('user', temp);
    const base = await bench.tar('base', [{ path: 'far', content: 'x', uid: 5_000_000, gid: 1 }]);
    const [ran] = await bench.run([base], [{ do: 'run', job: {} }]);
    expect(ran!.error).toMatchObject({ code: 'OWNER_NOT_MAPPED', message: expect.stringContaining('/far') as string });
  });
});
