import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath } from '../../core/base/brand.ts';
import { BuildErrors, problem } from '../../core/base/errors.ts';
import { createBuilder, type Builder } from '../../core/builder.ts';
import type { BuilderHooks, Finished } from '../../core/contract/hooks.ts';
import type { ImageRequest } from '../../core/contract/model.ts';
import type { Plugin } from '../../core/contract/plugin.ts';
import { openWorld } from '../../core/host-world.ts';
import { storeFolder } from '../../core/store/store-folder.ts';
import { localContext } from '../../plugins/local-context/index.ts';
import { storePlugin } from '../../plugins/store/index.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'strake-builder-')));
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nLABEL a=b\n');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const builder = (...plugins: readonly Plugin[]): Builder =>
  createBuilder({
    plugins: [localContext(), storePlugin(), ...plugins],
    world: openWorld({ ...process, cwd: () => folder, stdin: process.stdin }),
    storeFolder: hostPath(join(folder, 'store')),
  });

const request = (name: string, over: Partial<ImageRequest> = {}): ImageRequest => ({
  name,
  context: '.',
  platforms: [],
  args: [],
  labels: [],
  annotations: [],
  tags: [],
  outputs: [],
  contexts: [],
  prebuild: [],
  noCache: false,
  ...over,
});
const on = (name: string): ImageRequest['contexts'][number] => ({ name: 'base', kind: 'image', image: name });
const tapping = (name: string, apply: (hooks: BuilderHooks) => void): Plugin => ({ name, apply });

test('images that others stand on come first, whatever the order they are given in', async () => {
  const order: string[] = [];
  const look = tapping('look', ({ preBuild }) =>
    preBuild.tap('x', ({ requests }) => void order.push(...requests.map(({ name }) => name))),
  );
  const results = await builder(look).build([request('app', { contexts: [on('lib')] }), request('lib')]);
  expect(order).toEqual(['lib', 'app']);
  expect(results.map(({ image }) => image)).toEqual(['lib', 'app']);
});

test('an image that is not among them is refused', async () => {
  await expect(builder().build([request('app', { contexts: [on('lib')] })])).rejects.toMatchObject({
    code: 'IMAGE_UNKNOWN',
  });
});

test('a request is what plugins make of it', async () => {
  const relabel = tapping('relabel', ({ request }) =>
    request.tapPromise('x', async (it) => ({ ...it, labels: [...it.labels, ['by', 'plugin'] as const] })),
  );
  const [image] = (await builder(relabel).plan([request('a')])).images;
  expect(image!.request.labels).toEqual([['by', 'plugin']]);
});

describe('preBuild', () => {
  const complaining = (name: string): Plugin =>
    tapping(name, ({ preBuild }) => preBuild.tap('x', ({ complain }) => complain(problem('USAGE', { reason: name }))));

  test('collects all complaints, then ends the build', async () => {
    const error: unknown = await builder(complaining('one'), complaining('two'))
      .build([request('a')])
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BuildErrors);
    expect((error as BuildErrors).errors.map(({ message }) => message)).toEqual(['one', 'two']);
  });

  test('knows whether only the plan is wanted', async () => {
    const asked: boolean[] = [];
    const look = tapping('look', ({ preBuild }) => preBuild.tap('x', ({ planOnly }) => void asked.push(planOnly)));
    const made = builder(look);
    await made.plan([request('a')]);
    await made.build([request('a')]);
    expect(asked).toEqual([true, false]);
  });
});

describe('finished', () => {
  const watching = (seen: Finished[], fails = false): Plugin =>
    tapping('watch', ({ finished }) =>
      finished.tap('x', (it) => {
        seen.push(it);
        if (fails) throw new Error('watcher');
      }),
    );

  test('comes with the results', async () => {
    const seen: Finished[] = [];
    const results = await builder(watching(seen)).build([request('a')]);
    expect(seen).toEqual([{ results }]);
  });

  test('comes with the error of a build that failed; that error is thrown, also when the tap fails', async () => {
    const seen: Finished[] = [];
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY absent /\n');
    await expect(builder(watching(seen, true)).build([request('a')])).rejects.toMatchObject({
      code: 'COPY_SOURCE_MISSING',
    });
    expect(seen).toMatchObject([{ results: [], error: { code: 'COPY_SOURCE_MISSING' } }]);
  });
});

test('plugins that change what a RUN does are part of its key, by name at the least', async () => {
  const made = builder(
    tapping('looks', ({ beforeStep }) => beforeStep.tap('x', () => {})),
    tapping('rewrites', ({ job }) => job.tap('x', (it) => it)),
    { name: 'says', cacheKey: 'v2', apply: () => {} },
    { ...tapping('decides nothing', ({ job }) => job.tap('x', (it) => it)), cacheKey: false },
  );
  const { settings, scope } = await made.workshop();
  await scope.close();
  expect(settings.pluginKeys).toEqual(['rewrites', 'says v2']);
  expect(settings.jobs).toBeGreaterThan(0);
});

test('the store is where STRAKE_HOME says, else in the cache of the user', () => {
  expect(storeFolder({ STRAKE_HOME: '/s' }, '/home/x')).toBe('/s');
  expect(storeFolder({ XDG_CACHE_HOME: '/c' }, '/home/x')).toBe('/c/strake');
  expect(storeFolder({}, '/home/x')).toBe('/home/x/.cache/strake');
});
