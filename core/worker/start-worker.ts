import type { ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { arrivedError } from '../base/carried-error.ts';
import type { HostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { IsolationTraits } from '../contract/isolation.ts';
import { spawnInside, type Entrance } from '../isolation/overlay/enter-namespaces.ts';
import { systemPath } from '../isolation/overlay/programs.ts';
import { workerEntry } from './entry-point.ts';
import {
  protocolVersion,
  type Hello,
  type CallName,
  type Reply,
  type Request,
  type WorkerCalls,
  type WorkerSettings,
} from './protocol.ts';
import { fromLine, lineReader, toLine } from './wire.ts';

export type OnReplyOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;

/** The worker as seen from outside. */
export interface WorkerLink {
  readonly traits: IsolationTraits;
  call<Name extends CallName>(
    name: Name,
    args: Parameters<WorkerCalls[Name]>,
    options?: { readonly onOutput?: OnReplyOutput; readonly signal?: AbortSignal | undefined },
  ): Promise<ReturnType<WorkerCalls[Name]>>;
  /** Closes the pipe; resolves when the process is gone. */
  end(): Promise<void>;
}

/** Bytes kept of what a worker says as it dies. */
const lastWords = 4096;

export interface WorkerOptions {
  readonly store: HostPath;
  readonly entrance: Entrance;
  readonly freshProc: boolean;
  /** Where programs of the system lie. */
  readonly path?: string;
}

/**
 * Starts a worker. It inherits terminal and standard streams for commands that are to have them, and nothing of the
 * environment but where programs lie: no secret of this process is within reach of what it runs.
 */
export async function startWorker({
  store,
  entrance,
  freshProc,
  path = systemPath,
}: WorkerOptions): Promise<WorkerLink> {
  const settings: WorkerSettings = { store, rank: entrance.rank, freshProc };
  // The program this process runs, wherever it is: names along a path may lead to another one.
  const node = readlinkSync('/proc/self/exe').replace(/ \(deleted\)$/, '');
  const argv = [node, '--no-warnings', workerEntry(), toLine(settings).trim()];
  const child = await spawnInside(entrance, argv, { path, stdio: ['inherit', 'inherit', 'pipe', 'pipe', 2] });
  let complaint = '';
  child.stderr!.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-lastWords)));
  return linkTo(child, () => complaint.trim());
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly onOutput?: OnReplyOutput | undefined;
}

async function linkTo(child: ChildProcess, complaint: () => string): Promise<WorkerLink> {
  const socket = child.stdio[3] as Duplex;
  const pending = new Map<number, Pending>();
  const greeting = Promise.withResolvers<IsolationTraits>();
  let broken: Error | undefined;
  let next = 0;
  const gone = new Promise<void>((resolve) => {
    const fail = (reason: string): void => {
      broken ??= problem('WORKER_ENDED', { reason });
      greeting.reject(broken);
      for (const one of pending.values()) one.reject(broken);
      pending.clear();
      resolve();
    };
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(complaint() || (signal ?? `status ${code ?? 0}`)));
  });
  socket.on('error', () => {});
  const read = lineReader((line) => {
    const reply = fromLine(line) as Reply;
    if ('hello' in reply) greet(reply, greeting);
    else if (reply.id === -1 && 'error' in reply) greeting.reject(arrivedError(reply.error));
    else settle(pending, reply);
  });
  socket.on('data', read);

  const send = (request: Request): void => void socket.write(toLine(request));
  const call: WorkerLink['call'] = async (name, args, { onOutput, signal } = {}) => {
    if (broken) throw broken;
    const id = next++;
    const cancel = (): void => send({ cancel: id });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer = new Promise((resolve, reject) => pending.set(id, { resolve, reject, onOutput }));
      send({ id, call: name, args });
      if (signal?.aborted) cancel();
      return (await answer) as never;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
  const end = async (): Promise<void> => {
    socket.end();
    await gone;
  };
  try {
    return { traits: await greeting.promise, call, end };
  } catch (error) {
    await end();
    throw error;
  }
}

function greet(hello: Hello, greeting: PromiseWithResolvers<IsolationTraits>): void {
  if (hello.hello === protocolVersion) greeting.resolve(hello.traits);
  else greeting.reject(problem('INTERNAL', { reason: `The worker speaks version ${hello.hello} of the protocol.` }));
}

function settle(pending: Map<number, Pending>, reply: Exclude<Reply, { readonly hello: number }>): void {
  const waiting = pending.get(reply.id);
  if (!waiting) return;
  if ('output' in reply) {
    waiting.onOutput?.(reply.output, reply.chunk);
    return;
  }
  pending.delete(reply.id);
  if ('error' in reply) waiting.reject(arrivedError(reply.error));
  else waiting.resolve(reply.result);
}
