import assert from 'node:assert/strict';
import { isDeletion } from '../../archive/entry.ts';
import { compareBytes } from '../../base/bytes.ts';
import type { Workspace } from '../../contract/isolation.ts';
import type { CheckBody } from './check.ts';
import {
  changed,
  onBench,
  path,
  plainCommit,
  shell,
  type IsolationBench,
  type IsolationSubject,
} from './isolation-bench.ts';

/** What becomes of the changes a command made. */
export const isolationSnapshots: Readonly<Record<string, CheckBody<IsolationSubject>>> = {
  'lists what changed, in order, and packs it': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'mkdir /made; echo b > /made/b; echo a > /made/a; chmod 640 /made/a; ln -s a /made/link');
    const changes = await workspace.changes();
    const paths = changes.map((change) => change.path);
    assert.deepEqual(paths, paths.toSorted(compareBytes));
    const { layer } = await committed(bench, workspace);
    const made = { '/made/a': { file: 'a\n', mode: 0o640 }, '/made/b': 'b\n', '/made/link': { link: 'a' } };
    assert.deepEqual(await bench.tree([layer]), made);
    assert.deepEqual(await changed(workspace), [], 'what is packed is no change any more');
  }),

  'packs nothing where nothing changed': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'cat /bin/sh > /dev/null; echo x > /dev/null');
    const { layer, entries } = await committed(bench, workspace);
    assert.deepEqual([entries, await bench.tree([layer])], [0, {}]);
  }),

  'packs what is below a path that stays out under no name': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'mkdir -p /keep /drop/deep; echo x > /keep/a; echo x > /drop/deep/a; echo x > /dropped');
    const packed = await workspace.commit({ ...plainCommit, exclude: [path('/drop')] });
    assert.deepEqual(await bench.tree([packed.layer]), { '/keep/a': 'x\n', '/dropped': 'x\n' });
  }),

  'remembers what is gone': onBench('runs', async (bench) => {
    const below = await bench.layer({ '/old/a': 'a', '/old/b': 'b', '/full/a': 'a', '/full/sub/b': 'b' });
    await using workspace = await bench.workspace(below);
    await run(workspace, 'rm /old/a; rm -rf /full; mkdir /full; echo new > /full/new');
    assert.ok((await workspace.changes()).some(isDeletion), 'deletions are changes');
    const { layer } = await committed(bench, workspace);
    assert.deepEqual(await bench.tree([below, layer]), { '/old/b': 'b', '/full/new': 'new\n' });
    assert.equal((await shell(workspace, 'ls /full; ls /old')).out, 'new\nb\n');
  }),

  'keeps owners and modes': onBench('runs', async (bench) => {
    if (!bench.traits.exact) return 'it has one id';
    await using workspace = await bench.workspace();
    await run(workspace, 'mkdir /d; echo x > /d/f; chown 1234:2345 /d/f; chmod 4755 /d/f; chmod 1777 /d');
    const { layer } = await committed(bench, workspace);
    assert.deepEqual(await bench.tree([layer]), {
      '/d': { directory: true, mode: 0o1777 },
      '/d/f': { file: 'x\n', mode: 0o4755, owner: '1234:2345' },
    });
    return undefined;
  }),

  'packs a file of two names once': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'echo x > /one; ln /one /two');
    const types = (await workspace.changes()).filter((entry) => /one|two/.test(entry.path)).map(({ type }) => type);
    assert.deepEqual(types, ['file', 'hardlink']);
  }),

  'goes on above what it packed': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'echo 1 > /count');
    const first = await committed(bench, workspace);
    await run(workspace, 'cat /count; echo 2 >> /count');
    const second = await committed(bench, workspace);
    assert.deepEqual(await bench.tree([second.layer]), { '/count': '1\n2\n' });
    await using other = await bench.workspace(first.layer, second.layer);
    assert.equal((await shell(other, 'cat /count')).out, '1\n2\n', 'a new workspace sees the layers');
  }),

  'shows a layer that was made elsewhere': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'echo x > /before');
    const first = await committed(bench, workspace);
    const elsewhere = await bench.layer({ '/elsewhere': 'words', '/before': 'replaced' });
    await workspace.put(elsewhere);
    assert.equal((await shell(workspace, 'cat /elsewhere /before')).out, 'wordsreplaced');
    assert.deepEqual(await changed(workspace), [], 'it is no change of this stage');
    await run(workspace, 'rm /elsewhere');
    const last = await committed(bench, workspace);
    assert.deepEqual(await bench.tree([first.layer, elsewhere, last.layer]), { '/before': 'replaced' });
  }),

  'keeps stages apart': onBench('runs', async (bench) => {
    if (bench.traits.exclusive) return 'it carries one stage at a time';
    await using one = await bench.workspace();
    await using two = await bench.workspace();
    await Promise.all([run(one, 'echo 1 > /mine'), run(two, 'echo 2 > /mine')]);
    assert.deepEqual([(await shell(one, 'cat /mine')).out, (await shell(two, 'cat /mine')).out], ['1\n', '2\n']);
    return undefined;
  }),

  'packs whole seconds, so that a later command sees what a cached one would': onBench('runs', async (bench) => {
    await using workspace = await bench.workspace();
    await run(workspace, 'echo x > /timed');
    const { layer } = await committed(bench, workspace);
    const entry = (await bench.ground.workshop.store.indexes.get(layer.diffId))!.get(path('/timed'));
    assert.ok(entry && Number.isInteger(entry.mtime));
    const { out } = await shell(workspace, 'stat -c %Y /timed');
    assert.equal(out, `${entry.mtime}\n`);
  }),
};

async function run(workspace: Workspace, script: string): Promise<void> {
  const ran = await shell(workspace, script);
  assert.equal(ran.status, 0, `${script}: ${ran.err}`);
}

async function committed(bench: IsolationBench, workspace: Workspace) {
  const packed = await workspace.commit(plainCommit);
  await bench.expectStored(packed);
  return packed;
}
