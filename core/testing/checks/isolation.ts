import assert from 'node:assert/strict';
import type { Layer } from '../../contract/model.ts';
import { checksOf, expectProblem, within, type Check, type CheckBody } from './check.ts';
import { openGround } from './ground.ts';
import { copyOf, offerOf, onBench, path, type IsolationSubject } from './isolation-bench.ts';
import { isolationRuns } from './isolation-runs.ts';
import { isolationSnapshots } from './isolation-snapshots.ts';

/** What every way to run steps promises; checks that this machine or its traits do not allow say so. */
export const isolationContract = (make: () => IsolationSubject | Promise<IsolationSubject>): Check[] =>
  checksOf(make, { ...opening, ...copying, ...isolationRuns, ...isolationSnapshots });

const oneLine = (text: string): boolean => text.trim() !== '' && !text.includes('\n');

const opening: Readonly<Record<string, CheckBody<IsolationSubject>>> = {
  'says in lines whether it works here and what would help': async (subject) => {
    await using ground = await openGround(subject.plugin, subject);
    const offer = offerOf(subject, ground);
    assert.match(offer.name, /^[a-z][a-z0-9-]*$/);
    const probe = await within(30_000, offer.probe(ground.world), 'the probe');
    assert.ok(probe.findings.every(oneLine) && probe.enable.every(oneLine), 'a line each, none empty');
    assert.ok(oneLine(probe.mode), 'the mode is a line');
    if (!probe.available) assert.ok(probe.findings.length > 0, 'it says why it does not work');
    assert.deepEqual(await offer.probe(ground.world), probe, 'a second probe says the same');
  },

  'is not opened where it does not work': async (subject) => {
    await using ground = await openGround(subject.plugin, subject);
    const offer = offerOf(subject, ground);
    if ((await offer.probe(ground.world)).available) return 'it works here';
    await expectProblem(offer.open(ground.world, ground.workshop.store), 'opened all the same');
    return undefined;
  },

  'opens, and closes as often as it is asked to': onBench('nothing', async ({ isolation, traits }) => {
    assert.ok(isolation.name.length > 0);
    assert.deepEqual(isolation.traits, traits);
    await isolation[Symbol.asyncDispose]();
    await isolation[Symbol.asyncDispose]();
  }),

  'misses a layer until it is prepared': onBench('nothing', async (bench) => {
    const { isolation } = bench;
    const layers = [await bench.layer({ '/a': 'a' }), await bench.layer({ '/b': 'b' })];
    const missing = await isolation.missing(layers);
    assert.ok(missing.every((layer) => layers.includes(layer)));
    await Promise.all([...missing, ...missing].map((layer) => isolation.prepare(layer)));
    assert.deepEqual(await isolation.missing(layers), []);
  }),

  'has no workspace where it cannot RUN': onBench('nothing', async (bench) => {
    if (bench.traits.runs) return 'it can RUN';
    await expectProblem(bench.isolation.workspace({ label: 'checked', layers: [] }), 'a workspace');
    return undefined;
  }),

  'tells what it removed': onBench('nothing', async (bench) => {
    const layer = await bench.layer({ '/a': 'x'.repeat(10_000) });
    await bench.isolation.prepare(layer);
    const { bytes, layers } = await bench.isolation.prune([]);
    assert.ok(bytes >= 0 && layers >= 0);
    assert.deepEqual(await bench.isolation.prune([]), { bytes: 0, layers: 0 }, 'nothing is left to remove');
  }),
};

const source = { '/from/a': 'one', '/from/run': { file: '#!', mode: 0o755, owner: '5:6' }, '/from/sub/b': 'two' };

const copying: Readonly<Record<string, CheckBody<IsolationSubject>>> = {
  'composes the layer of a COPY from other layers': onBench('nothing', async (bench) => {
    const from = [await bench.layer({ ...source, '/from/gone': 'x' }), await bench.layer(source)];
    const packed = await copy(bench, from, 'from/');
    await bench.expectStored(packed);
    assert.deepEqual(await bench.tree([packed.layer]), {
      '/to/a': 'one',
      '/to/gone': 'x',
      '/to/run': { file: '#!', mode: 0o755, owner: '5:6' },
      '/to/sub/b': 'two',
    });
  }),

  'gives copied files the owner and mode that are asked for': onBench('nothing', async (bench) => {
    const packed = await copy(bench, [await bench.layer(source)], 'from/run', { owner: '7:8', mode: '600' });
    const tree = await bench.tree([packed.layer]);
    assert.deepEqual(tree['/to/run'], { file: '#!', mode: 0o600, owner: '7:8' });
  }),

  'copies below a link of the image, not over it': onBench('nothing', async (bench) => {
    const onto = await bench.layer({ '/to': { link: 'real' }, '/real/old': 'old' });
    const request = {
      action: copyOf(bench, [await bench.layer(source)], 'from/a'),
      onto: [onto.diffId],
      from: [await bench.layer(source)],
      compression: { type: 'gzip' },
    } as const;
    const { layer } = await bench.isolation.copy(request);
    const tree = await bench.tree([onto, layer]);
    assert.deepEqual(tree, { '/to': { link: 'real' }, '/real/old': 'old', '/real/a': 'one' });
  }),

  'knows files by what they are, not by their layers': onBench('nothing', async (bench) => {
    const digest = async (...from: readonly Layer[]): Promise<string> =>
      bench.isolation.sourcesDigest({
        action: copyOf(bench, from, 'from/'),
        onto: [],
        from,
        compression: { type: 'gzip' },
      });
    const whole = await digest(await bench.layer(source));
    const first = await bench.layer({ '/from/a': 'older', '/from/sub/b': 'two', '/other': 'x' });
    assert.equal(await digest(first, await bench.layer(source)), whole, 'in two layers, with more around it');
    const changes = [{ '/from/a': 'ONE' }, { '/from/a': { file: 'one', mode: 0o600 } }, { '/from/c': 'new' }];
    for (const change of changes)
      assert.notEqual(await digest(await bench.layer({ ...source, ...change })), whole, JSON.stringify(change));
  }),

  'says with a problem that there is nothing to copy': onBench('nothing', async (bench) => {
    await expectProblem(copy(bench, [await bench.layer(source)], 'absent'), 'a source that is not there');
  }),
};

function copy(
  bench: Parameters<typeof copyOf>[0],
  from: readonly Layer[],
  pattern: string,
  over: Parameters<typeof copyOf>[3] = {},
) {
  const action = copyOf(bench, from, pattern, { destination: path('/to/'), ...over });
  return bench.isolation.copy({ action, onto: [], from, compression: { type: 'gzip' } });
}
