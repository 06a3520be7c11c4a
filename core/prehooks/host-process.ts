import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { kill } from 'node:process';
import type { Duplex } from 'node:stream';
import type { HostPath } from '../base/brand.ts';
import type { Env } from '../contract/world.ts';

export interface HostProcess {
  readonly argv: readonly string[];
  readonly cwd: HostPath;
  readonly env: Env;
  onOutput(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /** Aborted: the command is asked to end, then made to. */
  readonly signal: AbortSignal;
}

/** Milliseconds between asking a command to end and ending it. */
const grace = 3000;

/**
 * The command's first words, as the leader of a group of its own: a watcher in the same group waits for the other end of
 * descriptor 3 to be closed, which our death does too, and then ends the group. It is no child of the command, which
 * may wait for all it has.
 */
const watched = `( ( trap '' TERM INT HUP; exec </dev/null >/dev/null 2>&1; read -r _ <&3; kill -s KILL -- "-$$" ) & )
exec 3<&-
exec "$@"`;

/** Runs a program on this machine; nothing of its group is left when this resolves, nor when our process is killed. */
export async function runOnHost({ argv, cwd, env, onOutput, signal }: HostProcess): Promise<number> {
  const child = spawn('/bin/sh', ['-c', watched, 'sh', ...argv], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const lifeline = child.stdio[3] as Duplex;
  lifeline.on('error', () => {});
  const outputs = [child.stdout!, child.stderr!];
  for (const [at, stream] of outputs.entries())
    stream.on('data', (chunk: Buffer) => onOutput(at === 0 ? 'stdout' : 'stderr', chunk));
  const drained = Promise.all(outputs.map((stream) => once(stream, 'close')));
  drained.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    tell(child, 'SIGTERM');
    timer ??= setTimeout(() => tell(child, 'SIGKILL'), grace);
  };
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => {
      // What it left in the background ends with it, as in a RUN.
      stop();
      resolve(code ?? 128 + (by ? constants.signals[by] : 0));
    });
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    const status = await ended;
    await drained;
    return status;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    lifeline.destroy();
  }
}

/** The whole group. */
function tell({ pid }: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    kill(-pid, name);
  } catch {
    // It has ended by itself.
  }
}
