import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secret, run } from '../../../core/index.ts';
import { waitFor } from '../../support/wait.ts';
import { openScene, requestOf, type Scene } from './scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = openScene();
});
afterEach(() => scene[Symbol.dispose]());

/** Nothing is copied: what is looked at is how commands run. */
const dockerfileText = 'FROM scratch\nLABEL a=b\n';

test('commands run in order, each once, in the folder, with the environment, as steps', async () => {
  const greet = run('echo hello $WHO $MORE; pwd', { env: { MORE: 'more' } });
  await scene.build(
    { a: [greet, run(['printf', '%s', 'a b'])], b: [run('echo hello $WHO $MORE; pwd', { env: { MORE: 'more' } })] },
    { dockerfileText },
    { env: { WHO: 'world' } },
  );
  expect(scene.lines).toEqual([
    '[a prebuild 1/2] echo hello $WHO $MORE; pwd: begin',
    `stdout hello world more\n${scene.folder}\n`,
    '[a prebuild 1/2] echo hello $WHO $MORE; pwd: end',
    '[a prebuild 2/2] printf %s a b: begin',
    'stdout a b',
    '[a prebuild 2/2] printf %s a b: end',
  ]);
});

test('the folder, the shell and what text is handed to are as asked', async () => {
  scene.write({ 'sub/x': '' });
  const own = ['/bin/sh', '-e', '-c'];
  await scene
    .build({ a: [run('pwd; false; echo not reached || true', { cwd: 'sub', shell: own })] }, { dockerfileText })
    .catch(() => {});
  expect(scene.lines).toContain(`stdout ${scene.folder}/sub\n`);
  await expect(scene.build({ a: [run('true', { cwd: 'nowhere' })] }, { dockerfileText })).rejects.toMatchObject({
    code: 'PREBUILD_FOLDER_MISSING',
    message: `There is no folder ${scene.folder}/nowhere.`,
  });
});

test('a failure has the status, the last lines and the place of the command, and ends the build', async () => {
  const failing = scene.build({ a: [run('echo bad; exit 9'), run(`touch next`)] }, { dockerfileText });
  await expect(failing).rejects.toMatchObject({
    code: 'PREBUILD_FAILED',
    exit: 9,
    facts: { status: 9, tail: ['bad'] },
    where: {
      image: 'a',
      step: '[a prebuild 1/2] echo bad; exit 9',
      at: { source: { name: expect.stringMatching(/commands\.test\.ts$/) as string } },
    },
  });
  expect(existsSync(scene.at('next'))).toBe(false);
});

test('a program that is not there is said to be so', async () => {
  await expect(scene.build({ a: [run(['no-such-program'])] }, { dockerfileText })).rejects.toMatchObject({
    exit: 127,
    message: expect.stringMatching(/no-such-program: not found/) as string,
  });
});

test('what takes too long is ended with all it started', async () => {
  const late = scene.build(
    { a: [run(`sh -c 'echo $$ > pid; exec sleep 60' & wait`, { timeout: 0.3 })] },
    { dockerfileText },
  );
  await expect(late).rejects.toMatchObject({
    code: 'PREBUILD_LATE',
    message: expect.stringContaining('did not end within 0.3 s') as string,
  });
  expect(await hasEnded(readFileSync(scene.at('pid'), 'utf8').trim())).toBe(true);
});

test('what a command leaves in the background ends with it, however it takes the news', async () => {
  const stubborn = `(trap '' TERM HUP; exec sleep 60) >/dev/null 2>&1 & echo $! > pid2`;
  await scene.build({ a: [run(`sleep 60 & echo $! > pid; ${stubborn}`)] }, { dockerfileText });
  expect(await hasEnded(readFileSync(scene.at('pid'), 'utf8').trim())).toBe(true);
  expect(await hasEnded(readFileSync(scene.at('pid2'), 'utf8').trim())).toBe(true);
});

test('a command that waits for all its children is not kept by us', async () => {
  // Perl's wait ends when there is no child at all, whoever started it.
  await scene.build({ a: [run(['perl', '-e', '1 while wait() != -1; print "alone\n"'])] }, { dockerfileText });
  expect(scene.lines).toContain('stdout alone\n');
});

/** Gone, or dead and only not yet collected by whoever inherited it. */
const hasEnded = (pid: string): Promise<boolean> =>
  waitFor(`the end of ${pid}`, async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z');
    return /\) [ZX]/.test(stat) || undefined;
  });

test('an interrupted build ends the command and says that it was interrupted', async () => {
  const stop = new AbortController();
  const work = scene.build({ a: [run('touch started; sleep 60')] }, { dockerfileText }, { signal: stop.signal });
  await waitFor('the command', async () => existsSync(scene.at('started')) || undefined);
  stop.abort(new Error('interrupted'));
  await expect(work).rejects.toThrow('interrupted');
});

test('secrets reach the command and nothing that is shown', async () => {
  const env = { TOKEN: new Secret('geheim') };
  const work = scene.build(
    { a: [run(`test $TOKEN = geheim; printf 'it is geh'; printf 'eim!\\n'; exit 3`, { env })] },
    { dockerfileText },
  );
  await expect(work).rejects.toMatchObject({
    message: expect.stringContaining('it is ***!') as string,
    exit: 3,
  });
  const shown = JSON.stringify([scene.lines, await work.catch((error: unknown) => error as Error)]);
  expect(shown).not.toContain('geheim');
});

test('nothing runs for a plan', async () => {
  const prebuild = [
    { kind: 'command', command: 'touch ran', shell: ['/bin/sh', '-c'], cwd: '', env: [], outputs: [] },
  ] as const;
  await scene.builder().plan([requestOf('a', { dockerfileText, prebuild })]);
  expect(scene.lines).toEqual([]);
  expect(existsSync(scene.at('ran'))).toBe(false);
});
