import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, definePlugin, prehook, run, toPrehook } from '../../../core/index.ts';
import { names, openScene, requestOf, type Scene } from './scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = openScene({ 'src/a': 'a', 'src/b': 'b' });
});
afterEach(() => scene[Symbol.dispose]());

const runs = (): string[] => readFileSync(scene.at('../runs'), 'utf8').trim().split('\n');
/** Puts the sources together, and notes that it ran where no pattern looks. */
const joining = (over: Parameters<typeof run>[1] = {}) =>
  run('echo join >> ../runs; mkdir -p gen/deep; cat src/* > gen/deep/all; ln -sf deep/all gen/link; chmod 750 gen', {
    inputs: ['src/**'],
    outputs: ['gen'],
    ...over,
  });

describe('with unchanged inputs it does not run', () => {
  test('and its outputs are in the context though the folder has them no more', async () => {
    const first = await scene.build({ a: [joining()] });
    rmSync(scene.at('gen'), { recursive: true });
    const again = await scene.build({ a: [joining()] });
    expect(scene.states()).toEqual(['cached']);
    expect(scene.lines.at(-1)).toBe('[1/1] COPY . /: cached');
    expect(again).toEqual(first);
    expect(names(again['a'])).toEqual(['/gen', '/gen/deep/all', '/gen/link', '/src/a', '/src/b']);
    expect(existsSync(scene.at('gen'))).toBe(false);
    expect(runs()).toEqual(['join']);
  });

  test('nor are they unpacked where the folder still has them', async () => {
    await scene.build({ a: [joining()] });
    await scene.build({ a: [joining()] });
    expect(scene.states()).toEqual(['cached']);
    expect(readdirSync(scene.at('../store/contexts'))).toEqual([]);
  });

  test('and what the folder has under the names of outputs does not count', async () => {
    const first = await scene.build({ a: [joining()] });
    scene.write({ 'gen/deep/all': 'edited', 'gen/stale': 'left' });
    expect(await scene.build({ a: [joining()] })).toEqual(first);
    expect(scene.lines.at(-1)).toBe('[1/1] COPY . /: cached');
    expect(readFileSync(scene.at('gen/deep/all'), 'utf8')).toBe('edited');
  });

  test('on a machine with another umask, in another folder', async () => {
    await scene.build({ a: [joining()] });
    for (const file of ['src/a', 'src/b']) chmodSync(scene.at(file), 0o600);
    await scene.build({ a: [joining()] });
    expect(scene.states()).toEqual(['cached']);
    chmodSync(scene.at('src/a'), 0o700);
    await scene.build({ a: [joining()] });
    expect(scene.states()).toEqual(['end']);
  });

  test('unless nothing is to be looked up', async () => {
    await scene.build({ a: [joining()] });
    await scene.build({ a: [joining()] }, { noCache: true });
    expect(runs()).toEqual(['join', 'join']);
  });
});

test.each([
  ['a changed input', { 'src/a': 'other' }, {}],
  ['a new input', { 'src/c': 'c' }, {}],
  ['another environment', {}, { env: { A: '1' } }],
  ['other outputs', {}, { outputs: ['gen/deep', 'gen/link'] }],
  ['another shell', {}, { shell: ['/bin/sh', '-e', '-c'] }],
])('it runs again with %s', async (_, files, over) => {
  await scene.build({ a: [joining()] });
  scene.write(files);
  await scene.build({ a: [joining(over)] });
  expect(scene.states()).toEqual(['end']);
  expect(runs()).toEqual(['join', 'join']);
});

test('another value of a secret, what it writes itself and what the image ignores are no reason to run again', async () => {
  const asked = (token: string) =>
    joining({ inputs: ['.', '!Dockerfile'], outputs: ['gen'], env: { TOKEN: new Secret(token) } });
  scene.write({ '.dockerignore': 'src\nDockerfile\n.dockerignore\n' });
  await scene.build({ a: [asked('one')] });
  scene.write({ Dockerfile: 'FROM scratch\nCOPY gen /\n' });
  expect(names((await scene.build({ a: [asked('two')] }))['a'])).toEqual(['/deep/all', '/link']);
  expect(scene.states()).toEqual(['cached']);
  // But what the image ignores is read by the command all the same.
  scene.write({ 'src/a': 'other' });
  await scene.build({ a: [asked('two')] });
  expect(scene.states()).toEqual(['end']);
});

test('all that is there may be its input, what it makes beside it included', async () => {
  const stamping = run('echo $$ > stamp', { inputs: ['.'], outputs: ['stamp'] });
  const first = await scene.build({ a: [stamping] });
  expect(await scene.build({ a: [stamping] })).toEqual(first);
  expect(scene.states()).toEqual(['cached']);
});

test('rules of the ignore file hold for outputs, found or made', async () => {
  scene.write({ '.dockerignore': '*\n!gen/deep\n' });
  const first = await scene.build({ a: [joining()] });
  rmSync(scene.at('gen'), { recursive: true });
  expect(await scene.build({ a: [joining()] })).toEqual(first);
  expect(names(first['a'])).toEqual(['/gen', '/gen/deep/all']);
});

test('without inputs it always runs', async () => {
  const always = run('echo always >> ../runs', { outputs: ['src/a'] });
  await scene.build({ a: [always] });
  await scene.build({ a: [always] });
  expect(runs()).toEqual(['always', 'always']);
});

test('what was made while inputs changed is not remembered', async () => {
  const formatting = run('echo format >> ../runs; echo formatted > src/a; cp src/a out', {
    inputs: ['src'],
    outputs: ['out'],
  });
  await scene.build({ a: [formatting] });
  scene.write({ 'src/a': 'a' });
  await scene.build({ a: [formatting] });
  expect(scene.states()).toEqual(['end']);
  // By now it finds what it would make of it.
  for (const _ of [1, 2]) await scene.build({ a: [formatting] });
  expect(scene.states()).toEqual(['cached']);
  expect(runs()).toEqual(['format', 'format', 'format']);
});

test('one that makes nothing is found as well', async () => {
  const check = run('echo check >> ../runs', { inputs: ['src'] });
  await scene.build({ a: [check] });
  await scene.build({ a: [check] });
  expect(runs()).toEqual(['check']);
});

test('outputs that were not made end the build, and nothing is remembered', async () => {
  const wrong = joining({ outputs: ['gen/**', 'dist', '!gen/none'] });
  for (const _ of [1, 2])
    await expect(scene.build({ a: [wrong] })).rejects.toMatchObject({
      code: 'PREBUILD_OUTPUT_MISSING',
      facts: { patterns: ['dist'] },
    });
  expect(scene.states()).toEqual(['failed']);
});

test('an input that names nothing is most likely a slip', async () => {
  await scene.build({ a: [joining({ inputs: ['src/**', 'scr/**'] })] });
  expect(scene.lines.filter((line) => line.startsWith('PREBUILD_INPUT_MISSING'))).toEqual([
    expect.stringContaining('the input "scr/**" of a names nothing'),
  ]);
});

test.each(['../x', '/etc/passwd', 'a/../../x'])('the pattern %s is refused before anything runs', async (pattern) => {
  await expect(scene.build({ a: [joining(), run('true', { inputs: [pattern] })] })).rejects.toMatchObject({
    code: 'PREBUILD_PATTERN_INVALID',
  });
  expect(existsSync(scene.at('../runs'))).toBe(false);
});

test('what cannot be kept is refused', async () => {
  await expect(scene.build({ a: [run('mkfifo p', { inputs: ['src'], outputs: ['p'] })] })).rejects.toMatchObject({
    code: 'PREBUILD_OUTPUT_UNUSABLE',
    facts: { path: 'p', kind: 'fifo' },
  });
});

describe('one after another', () => {
  const count = run('echo count >> ../runs; wc -c < gen/deep/all > size', { inputs: ['gen/**'], outputs: ['size'] });

  test('a later one reads what an earlier one recorded', async () => {
    const first = await scene.build({ a: [joining(), count] });
    for (const path of ['gen', 'size']) rmSync(scene.at(path), { recursive: true });
    expect(await scene.build({ a: [joining(), count] })).toEqual(first);
    expect(scene.states()).toEqual(['cached', 'cached']);
    expect(runs()).toEqual(['join', 'count']);
  });

  test('one that has to run finds the folder as if all before it had run', async () => {
    await scene.build({ a: [joining()] });
    rmSync(scene.at('gen'), { recursive: true });
    await scene.build({ a: [joining(), count] });
    expect(scene.states()).toEqual(['cached', 'end', 'end']);
    expect(runs()).toEqual(['join', 'join', 'count']);
    expect(readFileSync(scene.at('size'), 'utf8').trim()).toBe('2');
  });

  test('several images with the same one run it once, and all have what it made', async () => {
    const first = await scene.build({ a: [joining()], b: [joining()] });
    rmSync(scene.at('gen'), { recursive: true });
    const again = await scene.build({ a: [joining()], b: [joining()] });
    expect(again).toEqual(first);
    expect(names(again['b'])).toContain('/gen/deep/all');
    expect(runs()).toEqual(['join']);
  });
});

describe('the context and the folder', () => {
  const made = { inputs: ['in'], outputs: ['out/**'] };

  test('a context that is a part of the folder gets its part', async () => {
    scene.write({ in: '', 'app/Dockerfile': 'FROM scratch\nCOPY out /\n' });
    const command = run('mkdir -p app/out other; touch app/out/x other/y', {
      inputs: ['in'],
      outputs: ['app/out', 'other'],
    });
    const first = await scene.build({ a: [command] }, { context: 'app' });
    for (const path of ['app/out', 'other']) rmSync(scene.at(path), { recursive: true });
    expect(await scene.build({ a: [command] }, { context: 'app' })).toEqual(first);
    expect(names(first['a'])).toEqual(['/x']);
    expect(scene.states()).toEqual(['cached']);
  });

  test('a folder that is a part of the context lends its outputs there', async () => {
    scene.write({ 'sub/in': '' });
    const command = run('mkdir out; touch out/x', { ...made, cwd: 'sub' });
    const first = await scene.build({ a: [command] });
    rmSync(scene.at('sub/out'), { recursive: true });
    expect(await scene.build({ a: [command] })).toEqual(first);
    expect(names(first['a'])).toContain('/sub/out/x');
  });

  test('a Dockerfile may be what was made', async () => {
    rmSync(scene.at('Dockerfile'));
    scene.write({ in: '' });
    const command = run('echo FROM scratch > Dockerfile; echo COPY in / >> Dockerfile; echo src > .dockerignore', {
      inputs: ['in'],
      outputs: ['Dockerfile', '.dockerignore'],
    });
    const first = await scene.build({ a: [command] });
    for (const path of ['Dockerfile', '.dockerignore']) rmSync(scene.at(path));
    expect(await scene.build({ a: [command] })).toEqual(first);
    expect(names(first['a'])).toEqual(['/in']);
  });

  test('named contexts are as they lie there', async () => {
    scene.write({ Dockerfile: 'FROM scratch\nCOPY --from=more . /\n', in: '' });
    const command = run('mkdir -p out; touch out/x', made);
    const contexts = [{ name: 'more', kind: 'location', location: 'out' }] as const;
    await scene.build({ a: [command] }, { contexts });
    scene.write({ 'out/y': '' });
    expect(names((await scene.build({ a: [command] }, { contexts }))['a'])).toEqual(['/x', '/y']);
  });
});

test('a record whose bytes are damaged is noticed, and the command runs again', async () => {
  const first = await scene.build({ a: [joining()] });
  rmSync(scene.at('gen'), { recursive: true });
  const blobs = scene.at('../store/blobs/sha256');
  for (const name of readdirSync(blobs)) {
    const path = join(blobs, name);
    chmodSync(path, 0o644);
    if (readFileSync(path).subarray(0, 4).toString('hex') === '28b52ffd') truncateSync(path, statSync(path).size - 5);
  }
  expect(await scene.build({ a: [joining()] })).toEqual(first);
  expect(scene.lines.filter((line) => line.startsWith('CACHED_LAYER_LOST'))).toHaveLength(1);
  expect(scene.states()).toEqual(['end']);
});

describe('functions', () => {
  test('are given the folder, the environment, a way to run commands and one to speak', async () => {
    const seen: unknown[] = [];
    const work = prehook(
      async ({ context, env, image, run: sh, signal, report }) => {
        seen.push(context, env['A'], env['HERE'], image, signal.aborted);
        report('about to');
        await sh('echo $B in $PWD; mkdir out; touch out/x', { env: { B: 'b' } });
      },
      { name: 'make x', inputs: ['src'], outputs: ['out'], env: { A: 'a' }, version: '1' },
    );
    const first = await scene.build({ a: [work] }, {}, { env: { HERE: 'here' } });
    expect(seen).toEqual([scene.folder, 'a', 'here', 'a', false]);
    expect(scene.lines.slice(0, 3)).toEqual([
      '[a prebuild 1/1] make x: begin',
      `stdout about to\nb in ${scene.folder}\n`,
      '[a prebuild 1/1] make x: end',
    ]);
    rmSync(scene.at('out'), { recursive: true });
    expect(await scene.build({ a: [work] })).toEqual(first);
    expect(scene.states()).toEqual(['cached']);
    await scene.build({ a: [{ ...work, version: '2' }] }).catch(() => {});
    expect(scene.states()).toEqual(['end']);
  });

  test('fail as commands do', async () => {
    const throwing = prehook(() => Promise.reject(new Error('no luck')));
    await expect(scene.build({ a: [throwing] })).rejects.toMatchObject({
      code: 'PREBUILD_FAILED',
      message: '`a function` failed: no luck.',
      where: {
        step: '[a prebuild 1/1] a function',
        at: { source: { name: expect.stringContaining('cached.test') as string } },
      },
    });
    const running = prehook(({ run: sh }) => sh('echo oh; exit 5'));
    await expect(scene.build({ a: [running] })).rejects.toMatchObject({ exit: 5, facts: { tail: ['oh'] } });
  });

  test('that never settle end with their time', async () => {
    const endless = prehook(() => new Promise(() => {}), { timeout: 0.05 });
    await expect(scene.build({ a: [endless] })).rejects.toMatchObject({ code: 'PREBUILD_LATE' });
  });

  test('are how a plugin brings one', async () => {
    const writing = prehook(({ run: sh }) => sh('echo 1 > version'), { name: 'version', outputs: ['version'] });
    const plugin = definePlugin(() => ({
      name: 'version',
      apply: ({ request }) =>
        request.tap('version', (it) => ({ ...it, prebuild: [...it.prebuild, toPrehook(writing)] })),
    }));
    const files = await scene.build({ a: [] }, {}, { plugins: [plugin()] });
    expect(names(files['a'])).toContain('/version');
    expect(existsSync(scene.at('version'))).toBe(true);
  });
});

test('nothing is reached through a link that a record holds', async () => {
  mkdirSync(scene.at('../elsewhere'));
  symlinkSync('../elsewhere', scene.at('gen'));
  await scene.build({ a: [joining({ outputs: ['gen'] })] });
  rmSync(scene.at('gen'));
  const files = await scene.build({ a: [joining({ outputs: ['gen'] })] });
  expect(names(files['a'])).toEqual(['/gen', '/src/a', '/src/b']);
});

test('requests are refused for a context that is not there, before a command runs', async () => {
  const prebuild = [toPrehook(joining(), scene.folder)];
  await expect(scene.builder().build([requestOf('a', { context: 'none', prebuild })])).rejects.toMatchObject({
    code: 'CONTEXT_NOT_FOUND',
  });
  expect(existsSync(scene.at('../runs'))).toBe(false);
});
