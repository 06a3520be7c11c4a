import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { kill } from 'node:process';
import { outputTail, problem, type Prehook, type World } from '../../core/index.ts';

export interface PrehookRun {
  readonly hook: Prehook;
  /** The command as people wrote it. */
  readonly text: string;
  readonly title: string;
  /** For events: unique in the build. */
  readonly id: string;
  readonly image: string;
}

/** Milliseconds between asking a command to end and ending it. */
const grace = 3000;

/** Runs one command in its folder; its output goes out as events of a step. Fails as a RUN does. */
export async function runCommand({ hook, text, title, id, image }: PrehookRun, world: World): Promise<void> {
  const event = { type: 'step', step: id, title, images: [image] } as const;
  const begun = performance.now();
  world.report({ ...event, state: 'begin' });
  const tail = outputTail();
  const outcome = await execute(hook, world, (stream, chunk) => {
    tail.add(chunk);
    world.report({ type: 'output', step: id, stream, chunk });
  });
  const ms = performance.now() - begun;
  if (outcome.status === 0 && !outcome.late && outcome.error === undefined) {
    world.report({ ...event, state: 'end', ms });
    return;
  }
  world.report({ ...event, state: 'failed', ms });
  world.signal.throwIfAborted();
  const reason = outcome.error?.message ?? (outcome.late ? `did not end within ${hook.timeout} s` : undefined);
  throw problem(
    'PREBUILD_FAILED',
    { command: text, status: outcome.status, tail: tail.lines(), ...(reason !== undefined && { reason }) },
    { image, step: title },
    outcome.error ? { cause: outcome.error } : undefined,
  );
}

interface Outcome {
  /** 128 + n when ended by signal n; 127 when it could not be started. */
  readonly status: number;
  readonly late: boolean;
  readonly error?: Error;
}

type OnOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;

async function execute(hook: Prehook, world: World, onOutput: OnOutput): Promise<Outcome> {
  const [file, ...args] = typeof hook.command === 'string' ? ['/bin/sh', '-c', hook.command] : hook.command;
  const child = spawn(file!, args, {
    cwd: resolve(world.cwd, hook.cwd ?? '.'),
    env: { ...world.env, ...Object.fromEntries(hook.env) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what the command starts ends with it.
    detached: true,
  });
  child.stdout.on('data', (chunk: Uint8Array) => onOutput('stdout', chunk));
  child.stderr.on('data', (chunk: Uint8Array) => onOutput('stderr', chunk));
  // What it left in the background ends with it, as in a RUN.
  child.once('exit', () => end(child));
  let late = false;
  const stop = (): void => end(child);
  const timer = hook.timeout === undefined ? undefined : setTimeout(() => ((late = true), stop()), hook.timeout * 1000);
  world.signal.addEventListener('abort', stop, { once: true });
  if (world.signal.aborted) stop();
  try {
    return await new Promise<Outcome>((resolve) => {
      child.once('error', (error) => resolve({ status: 127, late, error }));
      child.once('close', (code, signal) =>
        resolve({ status: code ?? 128 + (signal ? (signals[signal] ?? 0) : 0), late }),
      );
    });
  } finally {
    clearTimeout(timer);
    world.signal.removeEventListener('abort', stop);
  }
}

const signals: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };

/** The whole group: first asked, then made to. */
function end(child: ChildProcess): void {
  const tell = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      kill(-child.pid!, signal);
    } catch {
      // It has ended by itself.
    }
  };
  if (child.pid === undefined) return;
  tell('SIGTERM');
  const timer = setTimeout(() => tell('SIGKILL'), grace);
  child.once('close', () => clearTimeout(timer));
}
