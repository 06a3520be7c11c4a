import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostPath } from '../../base/brand.ts';
import { within, type CheckBody } from './check.ts';
import { readTree, writeTree } from '../disk-trees.ts';
import { changed, onBench, path, plainCommit, shell, type IsolationSubject } from './isolation-bench.ts';

/** What shells add by themselves, and what runtimes give. */
const usual = ['PATH', 'HOME', 'HOSTNAME', 'PWD', 'OLDPWD', 'SHLVL', '_'];

/** Milliseconds in which a command that is to end has ended. */
const patience = 15_000;

/** What a RUN may count on. */
export const isolationRuns: Readonly<Record<string, CheckBody<IsolationSubject>>> = {
  'runs a command: its status, its output, each stream by itself': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const script = 'echo one; echo two >&2; echo three; exit 41';
    assert.deepEqual(await shell(workspace, script), { status: 41, out: 'one\nthree\n', err: 'two\n' });
    assert.equal((await shell(workspace, ['/bin/sh', '-c', 'true'])).status, 0);
  }),

  'counts a signal as a shell does, and a program that is not there': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    assert.equal((await shell(workspace, 'kill -9 $$')).status, 137);
    assert.equal((await shell(workspace, ['/no/such/program'])).status, 127);
  }),

  'gives the command its environment, and nothing of ours': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const env = [
      ['PATH', '/usr/bin:/bin'],
      ['ASKED', 'a b\u00e9'],
    ] as const;
    const { out } = await shell(workspace, 'env', { env });
    const lines = out.trim().split('\n');
    assert.ok(lines.includes('ASKED=a b\u00e9'), out);
    const names = lines.map((line) => line.split('=')[0]!);
    assert.deepEqual(
      names.filter((name) => name !== 'ASKED' && !usual.includes(name)),
      [],
    );
  }),

  'starts in its directory, which is made where it is missing': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    assert.equal((await shell(workspace, 'pwd', { cwd: path('/some/where') })).out, '/some/where\n');
  }),

  'feeds it what it is to read, and nothing otherwise': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    assert.equal((await shell(workspace, 'cat', { stdin: 'words\n' })).out, 'words\n');
    assert.equal((await shell(workspace, 'cat')).out, '');
  }),

  'shows it files that never enter a layer': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const files = [{ path: path('/script-of-the-check'), content: '#!/bin/sh\necho ran "$1"\n', mode: 0o755 }];
    assert.equal((await shell(workspace, ['/script-of-the-check', 'it'], { files })).out, 'ran it\n');
    assert.deepEqual(await changed(workspace), []);
  }),

  'shows it paths of the host, read-only where it says so': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const folder = join(bench.ground.world.root, 'mounted');
    mkdirSync(folder, { mode: 0o777 });
    writeFileSync(join(folder, 'there'), 'words');
    const mount = { source: hostPath(folder), target: path('/mnt/of-the-check') };
    const script = 'cat /mnt/of-the-check/there; echo x > /mnt/of-the-check/new';
    const closed = await shell(workspace, script, { mounts: [{ ...mount, readOnly: true }] });
    assert.equal(closed.out, 'words');
    assert.notEqual(closed.status, 0, 'writing fails');
    assert.ok(!existsSync(join(folder, 'new')));
    assert.equal((await shell(workspace, script, { mounts: [{ ...mount, readOnly: false }] })).status, 0);
    assert.equal(readFileSync(join(folder, 'new'), 'utf8'), 'x\n');
    assert.deepEqual(
      (await changed(workspace)).filter((line) => line.startsWith('file')),
      [],
    );
  }),

  'shows it a folder that it may change and that stays as it is; what it left there can be collected': onBench(
    'runs',
    async (bench) => {
      const below = join(bench.ground.world.root, 'below');
      const above = join(bench.ground.world.root, 'above');
      writeTree(below, { '/sub/kept': 'kept', '/gone': 'gone', '/both': 'below' });
      writeTree(above, { '/both': 'above' });
      const before = readTree(below);
      await using workspace = await bench.workspaceIn({
        at: path('/folder'),
        lowers: [hostPath(above), hostPath(below)],
      });
      const script = 'cat both && rm gone && mkdir sub/out && echo made > sub/out/made && echo more >> sub/kept';
      const { status, out } = await shell(workspace, script, { cwd: path('/folder') });
      assert.deepEqual([status, out], [0, 'above']);
      assert.deepEqual(readTree(below), before);
      assert.deepEqual(await changed(workspace), []);
      const patterns = ['out/**', 'kept', '!kept.old', '../gone', 'never'];
      const { layer, unmatched } = await workspace.collect({
        patterns,
        base: 'sub',
        compression: plainCommit.compression,
      });
      assert.deepEqual(unmatched, ['../gone', 'never']);
      assert.deepEqual(await bench.tree([layer]), { '/sub/kept': 'keptmore\n', '/sub/out/made': 'made\n' });
    },
  ),

  'shares no network where it is to have none': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const { out } = await shell(workspace, 'cat /proc/net/dev', { network: 'none' });
    const interfaces = [...out.matchAll(/^ *([\w.@-]+):/gm)].map((match) => match[1]);
    assert.deepEqual(interfaces, ['lo'], out);
  }),

  'ends a command when the build is aborted': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const stop = new AbortController();
    const running = shell(workspace, 'sleep 60', {}, stop.signal).then(
      ({ status }) => status,
      () => 1,
    );
    await pause(300);
    stop.abort(new DOMException('The check aborts.', 'AbortError'));
    assert.notEqual(await within(patience, running, 'ending an aborted command'), 0);
  }),

  'ends with a command what it left in the background': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    const folder = join(bench.ground.world.root, 'beats');
    mkdirSync(folder, { mode: 0o777 });
    const mounts = [{ source: hostPath(folder), target: path('/mnt/beats'), readOnly: false }];
    const script = '(while :; do echo x >> /mnt/beats/log; sleep 0.05; done) & sleep 0.3';
    await within(patience, shell(workspace, script, { mounts }), 'a command with a child in the background');
    const beats = (): number => statSync(join(folder, 'log')).size;
    const before = beats();
    await pause(500);
    assert.equal(beats(), before, 'nothing writes any more');
  }),

  'runs as the user of the image': onBench('runs', async (bench) => {
    if (!bench.traits.exact) return 'it has one id';
    const accounts = { '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nworker:x:1234:1235::/work:/bin/sh\n' };
    await using workspace = await bench.workspace(await bench.layer(accounts));
    assert.equal((await shell(workspace, 'id -u; id -g', { user: 'worker' })).out, '1234\n1235\n');
    assert.equal((await shell(workspace, 'id -u; id -g', { user: '77:88' })).out, '77\n88\n');
    return undefined;
  }),
};
