import { createReadStream } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arch } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { requirements } from '../../support/needs.ts';
import { listTar } from '../../support/raw-tar-list.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { baseTime, busyboxItems, openBench, plainItems, ranks, type Bench } from './bench.ts';
import { socketProgram } from './tiny-program.ts';
import type { Outcome } from './scenario.ts';

const { suite } = await requirements(import.meta.url, [
  'root',
  'mounts',
  'subuid-user',
  'userns',
  'busybox-static',
  'libcap2-bin',
]);

/** Times of this very run say nothing; those of the base do. */
const timeless = (changes: readonly string[] | undefined): string[] =>
  (changes ?? []).map((line) =>
    line.replace(/@(\d+)/, (_, time: string) => (Number(time) === baseTime ? '@base' : '@now')),
  );

for (const rank of ranks) {
  suite(`what a step changed, ${rank}`, () => {
    let temp: TempDir;
    let bench: Bench;
    let base: string;
    beforeAll(async () => {
      temp = await tempDir('snapshot');
      bench = await openBench(rank, temp);
      const items = rank === 'single' ? plainItems() : busyboxItems();
      const socket = arch() === 'x64' ? socketProgram('/tmp/socket') : '#!/bin/sh\nmkfifo /tmp/socket; rm /tmp/socket';
      base = await bench.tar('base', [
        ...items,
        { path: 'bin/mksocket', content: socket, mode: 0o755, mtime: baseTime },
      ]);
    });
    afterAll(async () => temp.remove());

    const changesOf = async (script: string): Promise<string[]> => {
      const [ran, changes] = await bench.run([base], [{ do: 'run', job: { script } }, { do: 'changes' }]);
      expect(ran).toMatchObject({ status: 0, err: '' });
      return timeless(changes!.changes);
    };

    it('is every kind of file there is', async () => {
      expect(
        await changesOf(
          'cd /tmp; echo content >file; ln file other; ln -s file link; mkfifo -m 640 pipe; mkdir -m 2750 dir; echo x >dir/x; ' +
            'chmod 4755 file; touch -d "1999-01-01 00:00:00" dir/x; mksocket',
        ),
      ).toEqual([
        'directory 1777 0:0 @now /tmp',
        'directory 2750 0:0 @now /tmp/dir',
        'file 644 0:0 2b @now /tmp/dir/x',
        'file 4755 0:0 8b @now /tmp/file',
        'symlink 777 0:0 @now /tmp/link -> file',
        'hardlink 4755 0:0 @now /tmp/other -> /tmp/file',
        'fifo 640 0:0 @now /tmp/pipe',
      ]);
    });

    it('is what went away', async () => {
      expect(await changesOf('rm /lib/one; rm -r /lib/deep')).toEqual([
        'directory 755 0:0 @now /lib',
        'whiteout /lib/deep',
        'whiteout /lib/one',
      ]);
    });

    it('is a directory made anew, with what was in it gone', async () => {
      expect(await changesOf('rm -r /lib/deep; mkdir /lib/deep; echo c >/lib/deep/c')).toEqual([
        'directory 755 0:0 @now /lib',
        'directory 755 0:0 @now /lib/deep',
        'opaque /lib/deep',
        'file 644 0:0 2b @now /lib/deep/c',
      ]);
    });

    it('is one kind in the place of another', async () => {
      expect(
        await changesOf('rm /lib/one; mkdir /lib/one; rm -r /lib/deep; echo x >/lib/deep; ln -sfn two /lib/link'),
      ).toEqual([
        'directory 755 0:0 @now /lib',
        'file 644 0:0 2b @now /lib/deep',
        'symlink 777 0:0 @now /lib/link -> two',
        'directory 755 0:0 @now /lib/one',
      ]);
    });

    it('is not what only looks touched', async () => {
      expect(
        await changesOf(
          'chmod 644 /lib/one; : >>/lib/one; mkdir /lib/deep/x; rmdir /lib/deep/x; touch -d @1000000000 /lib/deep; chmod 755 /lib/deep; ' +
            'echo a >/lib/deep/a; touch -d @1000000000 /lib/deep/a; chmod 1777 /tmp',
        ),
      ).toEqual([]);
    });

    it('is content of the same size and time', async () => {
      expect(await changesOf('echo b >/lib/deep/a; touch -d @1000000000 /lib/deep/a')).toEqual([
        'directory 755 0:0 @base /lib',
        'directory 755 0:0 @base /lib/deep',
        'file 644 0:0 2b @base /lib/deep/a',
      ]);
    });

    it('is metadata alone', async () => {
      const changed = await changesOf('chmod 600 /lib/one; touch -h /lib/link; chmod 700 /');
      expect(changed).toEqual([
        'directory 700 0:0 @now /',
        'directory 755 0:0 @base /lib',
        'symlink 777 0:0 @now /lib/link -> one',
        'file 600 0:0 4b @base /lib/one',
      ]);
    });

    it('is moved directories, whole', async () => {
      expect(await changesOf('mv /lib/deep /lib/moved')).toEqual([
        'directory 755 0:0 @now /lib',
        'whiteout /lib/deep',
        'directory 755 0:0 @base /lib/moved',
        'file 644 0:0 2b @base /lib/moved/a',
        'file 644 0:0 2b @base /lib/moved/b',
      ]);
    });

    it('is names that are no text', async () => {
      const [, changes, packed] = await bench.run(
        [base],
        [
          {
            do: 'run',
            job: { script: "cd /tmp; mkdir $(printf 'd\\377'); echo x >$(printf 'd\\377/f\\200'); echo ü >ü" },
          },
          { do: 'changes' },
          { do: 'commit' },
        ],
      );
      expect(timeless(changes!.changes)).toEqual([
        'directory 1777 0:0 @now /tmp',
        'directory 755 0:0 @now /tmp/d\ufffd',
        'file 644 0:0 2b @now /tmp/d\ufffd/f\ufffd',
        'file 644 0:0 3b @now /tmp/ü',
      ]);
      const names = (await listTar(await layerOf(packed!))).map(({ path }) => path.replace(/\/$/, ''));
      expect(names).toContain('tmp/d\xff/f\x80');
    });

    if (rank !== 'single')
      it('is owners, kept where they were', async () => {
        expect(
          await changesOf(
            'chown 1000:7 /lib/one; chmod 640 /lib/two; mkdir /tmp/d; chown -h 5:6 /lib/link; chown 3:4 /tmp/d',
          ),
        ).toEqual(
          [
            'directory 755 0:0 @base /lib',
            'file 644 1000:7 4b @base /lib/one',
            'symlink 777 5:6 @base /lib/link -> one',
            'file 640 1000:2000 4b @base /lib/two',
            'directory 1777 0:0 @now /tmp',
            'directory 755 3:4 @now /tmp/d',
          ].sort((a, b) => (pathIn(a) < pathIn(b) ? -1 : 1)),
        );
      });
    else
      it('is nothing of owners that only the index knows', async () => {
        const owned = await bench.tar('owned', busyboxItems());
        const [, changes] = await bench.run(
          [owned],
          [{ do: 'run', job: { script: 'echo more >>/lib/two; chmod 755 /home/user' } }, { do: 'changes' }],
        );
        expect(timeless(changes!.changes)).toEqual([
          'directory 755 0:0 @base /home',
          'directory 755 1000:1000 @base /home/user',
          'directory 755 0:0 @base /lib',
          'file 600 1000:2000 9b @now /lib/two',
        ]);
      });

    it('stays the same tree for the steps behind it', async () => {
      const look =
        'cd /; find . -xdev ! -path "./proc*" ! -path "./sys*" ! -path "./dev*" ! -path "./etc/resolv.conf" ! -path "./etc/hosts" | sort | while read -r f; do stat -c "%n %f %u %g %s %Y %h" "$f"; done | grep -v "^. "';
      const script =
        'cd /tmp; echo 1 >a; ln a b; rm /lib/one; rm -r /lib/deep; mkdir /lib/deep; echo z >/lib/deep/z; chmod 600 /lib/two; : >>/etc/group; touch /tmp/now';
      const outcomes = await bench.run(
        [base],
        [
          { do: 'run', job: { script } },
          { do: 'commit' },
          { do: 'run', job: { script: look } },
          { do: 'changes' },
          { do: 'reopen' },
          { do: 'run', job: { script: look } },
          { do: 'prune', keepNone: true },
        ],
      );
      const [, packed, seen, unchanged, , again] = outcomes;
      expect(unchanged!.changes).toEqual([]);
      expect(again!.out).toBe(seen!.out);
      // A machine that only has the layer sees the same.
      const fresh = await openBench(rank, temp);
      const layer = await bench.tar('layer', []);
      const { writeFile } = await import('node:fs/promises');
      await writeFile(layer, await layerOf(packed!));
      const [elsewhere] = await fresh.run([base, layer], [{ do: 'run', job: { script: look } }], {
        store: `${bench.directory}/elsewhere`,
      });
      expect(elsewhere!.out).toBe(seen!.out);
      expect(seen!.out).toContain('./tmp/a');
    });

    it('leaves out what is excluded, and then it is gone', async () => {
      const [, packed, then] = await bench.run(
        [base],
        [
          {
            do: 'run',
            job: { script: 'mkdir /tmp/cache; echo x >/tmp/cache/x; echo y >/tmp/y; rm /lib/one; echo new >/lib/two' },
          },
          { do: 'commit', exclude: ['/tmp/cache', '/lib/one', '/lib/two'] },
          { do: 'run', job: { script: 'ls /tmp /lib; cat /lib/two' } },
        ],
      );
      expect((await listTar(await layerOf(packed!))).map(({ path }) => path.replace(/\/$/, ''))).toEqual([
        'lib',
        'tmp',
        'tmp/y',
      ]);
      expect(then!.out).toBe('/lib:\ndeep\nlink\none\ntwo\n\n/tmp:\ny\ntwo\n');
    });

    it('may be nothing at all', async () => {
      const [, packed, then] = await bench.run(
        [base],
        [{ do: 'run', job: { script: 'true' } }, { do: 'commit' }, { do: 'run', job: { script: 'cat /lib/one' } }],
      );
      expect(packed!.layer!.entries).toBe(0);
      // The digest of 1024 zeros: the layer that every builder has for nothing.
      expect(packed!.layer!.diffId).toBe('sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef');
      expect(then!.out).toBe('one\n');
    });

    if (rank !== 'single')
      it('keeps capabilities of files', async () => {
        const capable = await bench.tar('capable', [
          {
            path: 'bin/ping',
            content: 'x',
            mode: 0o755,
            xattrs: { 'security.capability': Buffer.from(capNetRaw, 'hex') },
          },
        ]);
        const [, changes] = await bench.run(
          [base, capable],
          [
            { do: 'run', job: { script: 'cp -a /bin/ping /tmp/plain; chmod 700 /bin/ping; touch /bin/ping' } },
            { do: 'changes' },
          ],
        );
        expect(timeless(changes!.changes)).toContain(`file 700 0:0 1b @now /bin/ping security.capability=${capNetRaw}`);
      });
  });
}

/** cap_net_raw+ep as the kernel writes it, version 2. */
const capNetRaw = '0100000200200000000000000000000000000000';

const pathIn = (line: string): string => line.split(' ').find((word) => word.startsWith('/'))!;

async function layerOf(packed: Outcome): Promise<Buffer> {
  return gunzipSync(await buffer(createReadStream(packed.layer!.blob)));
}
