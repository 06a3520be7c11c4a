import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath, problem, type BuildEvent, type ImageRequest, type Prehook } from '../../core/index.ts';
import { callMoment, installPlugins } from '../../core/contract/install.ts';
import { preBuildCommand } from '../../plugins/pre-build-command/index.ts';
import { waitFor } from '../support/wait.ts';
import { quietWorld } from '../core/contract/quiet-world.ts';

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'strake-prebuild-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const hook = (command: Prehook['command'], over: Partial<Prehook> = {}): Prehook => ({
  command,
  env: [],
  inputs: [],
  outputs: [],
  ...over,
});

interface Situation {
  readonly signal?: AbortSignal;
  readonly planOnly?: boolean;
  readonly complained?: boolean;
}

async function build(
  images: Readonly<Record<string, readonly Prehook[]>>,
  situation: Situation = {},
): Promise<string[]> {
  const lines: string[] = [];
  const report = (event: BuildEvent): void => {
    if (event.type === 'step') lines.push(`${event.title}: ${event.state}`);
    if (event.type === 'output') {
      const text = Buffer.from(event.chunk).toString();
      // A command may write in any number of pieces.
      if (lines.at(-1)?.startsWith(event.stream)) lines.push(lines.pop()! + text);
      else lines.push(`${event.stream} ${text}`);
    }
  };
  const env = { PATH: process.env['PATH'], WHO: 'world' };
  const world = quietWorld({ cwd: hostPath(root), env, report, ...(situation.signal && { signal: situation.signal }) });
  const requests = Object.entries(images).map(([name, prebuild]) => ({ name, prebuild }) as unknown as ImageRequest);
  const complaints = situation.complained ? [problem('USAGE', { reason: 'no' })] : [];
  const { hooks } = installPlugins([preBuildCommand()]);
  const subject = { requests, complain: () => {}, complaints, planOnly: situation.planOnly ?? false };
  await callMoment(hooks.preBuild, subject, { world });
  return lines;
}

test('commands run in order, each once, in the folder, with the environment, as steps', async () => {
  const greet = hook('echo hello $WHO $MORE; pwd', { env: [['MORE', 'more']] });
  expect(await build({ a: [greet, hook(['printf', '%s', 'a b'])], b: [greet] })).toEqual([
    '[a prebuild 1/2] echo hello $WHO $MORE; pwd: begin',
    `stdout hello world more\n${root}\n`,
    '[a prebuild 1/2] echo hello $WHO $MORE; pwd: end',
    '[a prebuild 2/2] printf %s a b: begin',
    'stdout a b',
    '[a prebuild 2/2] printf %s a b: end',
  ]);
});

test('a failure has the status and the last lines of the command, and ends the build', async () => {
  const failing = build({ a: [hook('echo bad; exit 9'), hook(`touch ${root}/next`)] });
  await expect(failing).rejects.toMatchObject({
    code: 'PREBUILD_FAILED',
    exit: 9,
    facts: { status: 9, tail: ['bad'] },
    where: { image: 'a', step: '[a prebuild 1/2] echo bad; exit 9' },
  });
  expect(existsSync(join(root, 'next'))).toBe(false);
});

test('a program that is not there is said to be so', async () => {
  await expect(build({ a: [hook(['no-such-program'])] })).rejects.toMatchObject({
    exit: 127,
    message: expect.stringContaining('ENOENT') as string,
  });
});

test('what takes too long is ended with all it started', async () => {
  const late = build({ a: [hook(`sh -c 'echo $$ > ${root}/pid; exec sleep 60' & wait`, { timeout: 0.3 })] });
  await expect(late).rejects.toMatchObject({ message: expect.stringContaining('did not end within 0.3 s') as string });
  expect(await hasEnded(readFileSync(join(root, 'pid'), 'utf8').trim())).toBe(true);
});

test('what a command leaves in the background ends with it', async () => {
  await build({ a: [hook(`sleep 60 & echo $! > ${root}/pid`)] });
  expect(await hasEnded(readFileSync(join(root, 'pid'), 'utf8').trim())).toBe(true);
});

/** Gone, or dead and only not yet collected by whoever inherited it. */
const hasEnded = (pid: string): Promise<boolean> =>
  waitFor(`the end of ${pid}`, async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z');
    return /\) [ZX]/.test(stat) || undefined;
  });

test('an interrupted build ends the command and says that it was interrupted', async () => {
  const stop = new AbortController();
  const work = build({ a: [hook('sleep 60')] }, { signal: stop.signal });
  stop.abort(new Error('interrupted'));
  await expect(work).rejects.toThrow('interrupted');
});

test.each([
  ['only a plan is wanted', { planOnly: true }],
  ['somebody complained', { complained: true }],
])('nothing runs when %s', async (_, situation) => {
  expect(await build({ a: [hook('false')] }, situation)).toEqual([]);
});
