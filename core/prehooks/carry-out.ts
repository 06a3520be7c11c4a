import { readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import { BuildError, locate, problem } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Span } from '../base/source-text.ts';
import type { OnOutput } from '../contract/isolation.ts';
import type { PrehookCommand, PrehookFunction, PrehookRunOptions, WrittenAt } from '../contract/prehooks.ts';
import type { Env, World } from '../contract/world.ts';
import { proxyLogins } from '../base/proxy-logins.ts';
import { shownOutput } from '../steps/shown-output.ts';
import { runOnHost } from './host-process.ts';
import { redactor } from '../base/redactor.ts';
import { secretsOf } from '../planning/prehook-facts.ts';
import type { PrehookTask } from './task.ts';

/** What a prehook that is being carried out works with. */
export interface PrehookBench {
  /** From now on its time counts: what has to be fetched first is not its fault. */
  startClock(): void;
  readonly signal: AbortSignal;
  readonly onOutput: Exclude<OnOutput, 'inherit'>;
  /** The last lines, secrets left out. */
  tail(): string[];
}

/** One way to carry a prehook out; gives the status of a command. */
export type CarryOut = (bench: PrehookBench) => Promise<number>;

/** With its events, its time limit and its failure, whatever the way. */
export async function carryOut(task: PrehookTask, world: World, way: CarryOut): Promise<void> {
  const { hook, id, title, text, request } = task;
  const event = { type: 'step', step: id, title, images: [request.name] } as const;
  const begun = performance.now();
  world.report({ ...event, state: 'begin' });
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const startClock = (): void => {
    if (hook.timeout !== undefined) timer ??= setTimeout(() => late.abort(), hook.timeout * 1000);
  };
  const secrets = [...secretsOf(hook), ...proxyLogins(Object.entries(world.env))];
  const output = shownOutput(id, secrets, world);
  const signal = AbortSignal.any([world.signal, late.signal]);
  try {
    const status = await unlessStopped(way({ startClock, signal, onOutput: output.add, tail: output.tail }), signal);
    output.end();
    if (late.signal.aborted)
      throw problem('PREBUILD_LATE', { command: text, seconds: hook.timeout!, tail: output.tail() });
    if (status !== 0) throw problem('PREBUILD_FAILED', { command: text, status, tail: output.tail() });
    world.report({ ...event, state: 'end', ms: performance.now() - begun });
  } catch (error) {
    output.end();
    world.report({ ...event, state: 'failed', ms: performance.now() - begun });
    world.signal.throwIfAborted();
    throw atPlace(error, task, world);
  } finally {
    clearTimeout(timer);
  }
}

/** What was stopped has no status worth telling; a failure of the way itself is one all the same. */
async function unlessStopped(work: Promise<number>, signal: AbortSignal): Promise<number> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return 1;
    throw error;
  }
}

/** An error with the prehook's place in the config; anything that a function throws is a failure of the prehook. */
export function atPlace(error: unknown, { text, title, request, hook }: PrehookTask, world: World): unknown {
  const at = hook.at && spanAt(hook.at, secretsOf(hook), world);
  const where = { image: request.name, step: title, ...(at && { at }) };
  if (BuildError.is(error)) return locate(error, where);
  if (hook.kind !== 'function') return error;
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return problem('PREBUILD_FAILED', { command: text, status: 1, tail: [], reason }, where, { cause: error });
}

/** From where the call stands to the end of its line; a secret that stands in the file itself is not shown. */
function spanAt({ file, line, column }: WrittenAt, secrets: readonly Secret[], world: World): Span | undefined {
  try {
    const text = secrets
      .map((secret) => secret.reveal())
      .filter((value) => value !== '')
      .reduce((all, value) => all.replaceAll(value, '*'.repeat(value.length)), readFileSync(file, 'utf8'));
    const before = text.split('\n', line - 1).join('\n').length + (line > 1 ? 1 : 0);
    const end = text.indexOf('\n', before);
    const fromHere = relative(world.cwd, file);
    return {
      source: { name: fromHere.startsWith('..') ? file : fromHere, text },
      start: before + column - 1,
      end: end === -1 ? text.length : end,
    };
  } catch {
    return undefined;
  }
}

const revealed = (env: Iterable<readonly [string, string | Secret]>): Env =>
  Object.fromEntries([...env].map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]));

/** On this machine, in the folder, as when typed by hand. */
export const commandOnHost =
  (hook: PrehookCommand, cwd: HostPath, world: World): CarryOut =>
  ({ startClock, signal, onOutput }) => {
    startClock();
    return runOnHost({
      argv: argvOf(hook),
      cwd: there(cwd),
      env: { ...world.env, ...revealed(hook.env) },
      onOutput,
      signal,
    });
  };

export const argvOf = ({ command, shell }: Pick<PrehookCommand, 'command' | 'shell'>): readonly string[] =>
  typeof command === 'string' ? [...shell, command] : command;

export const functionOnHost =
  (hook: PrehookFunction, task: PrehookTask, cwd: HostPath, world: World): CarryOut =>
  async ({ startClock, signal, onOutput, tail }) => {
    startClock();
    const env = { ...world.env, ...revealed(hook.env) };
    const run = async (command: string | readonly string[], more: PrehookRunOptions = {}): Promise<void> => {
      signal.throwIfAborted();
      const status = await runOnHost({
        argv: argvOf({ command, shell: ['/bin/sh', '-c'] }),
        cwd: there(hostPath(join(cwd, more.cwd ?? '.'))),
        env: { ...env, ...revealed(Object.entries(more.env ?? {})) },
        onOutput,
        signal,
      });
      signal.throwIfAborted();
      const text = redactor(secretsOf(hook)).text(typeof command === 'string' ? command : command.join(' '));
      if (status !== 0) throw problem('PREBUILD_FAILED', { command: text, status, tail: tail() });
    };
    const report = (line: string): void => onOutput('stdout', Buffer.from(`${line}\n`));
    const work = async () => hook.run({ context: there(cwd), env, image: task.request.name, run, signal, report });
    await Promise.race([work(), aborted(signal)]);
    return 0;
  };

/** A function that does not listen is not waited for. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

function there(folder: HostPath): HostPath {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw problem('PREBUILD_FOLDER_MISSING', { folder });
}
