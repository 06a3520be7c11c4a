import { spawn } from 'node:child_process';
import { kill } from 'node:process';
import type { Env } from '../../core/index.ts';

/** What a helper is asked, and for how long. */
export interface HelperCall {
  readonly program: string;
  readonly verb: 'get' | 'store' | 'erase';
  /** Its standard input; may hold a password. */
  readonly input: string;
  readonly env: Env;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeLimit: number;
}

export interface HelperOutput {
  readonly status: number | null;
  readonly stdout: string;
}

/** Bytes a helper may say. */
const outputLimit = 1 << 20;

/**
 * Runs a helper to its end. Standard error is not read: helpers write there what nobody has looked through.
 * Rejects with the reason in plain words: it is not there, takes too long, says too much.
 */
export function runHelper(call: HelperCall): Promise<HelperOutput> {
  const { program, verb, input, env, signal, timeLimit } = call;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<HelperOutput>();
  // A group of its own, so that what a script started ends with it.
  const child = spawn(program, [verb], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const giveUp = (reason: unknown): void => {
    endGroup(child.pid);
    child.stdout.destroy();
    reject(reason);
  };
  const onAbort = (): void => giveUp(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => giveUp(new Error(`it took longer than ${timeLimit / 1000} s`)), timeLimit);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputLimit) giveUp(new Error(`it said more than ${outputLimit} bytes`));
    else chunks.push(chunk);
  });
  child.on('error', ({ code }: NodeJS.ErrnoException) =>
    reject(new Error(code === 'ENOENT' ? 'there is no such program' : (code ?? 'it cannot be started'))),
  );
  child.on('close', (status) => resolve({ status, stdout: Buffer.concat(chunks).toString() }));
  // A helper that ends without reading closes the pipe; its status says why.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
