import type { Worker } from 'node:worker_threads';
import type { ImagePath } from '../../base/brand.ts';
import { arrivedError } from '../../base/carried-error.ts';
import { problem } from '../../base/errors.ts';
import type { Job } from '../../contract/job.ts';
import { startHolder, type Holder, type HolderOptions } from './holder.ts';
import type { Launch, LaunchFolder, LaunchReport, LaunchRequest } from './launch.ts';

export interface StepTree {
  /** Uppermost first; at least one. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly folder?: LaunchFolder;
}

/** `undefined`: the command has the terminal. Resolves when more can be taken. */
export type TakeOutput = ((stream: 'stdout' | 'stderr', chunk: Uint8Array) => Promise<void> | void) | undefined;

export interface StepEnd {
  /** 128 + n when ended by signal n. */
  readonly status: number;
  /** Milliseconds between start and end of the command. */
  readonly ms: number;
}

export interface StepRunner {
  /**
   * Runs one command; resolves when nothing of it is left: no process, no mount. `onMade` gets what mount points were
   * made in the tree, also when the command could not be started.
   */
  run(
    tree: StepTree,
    job: Job,
    take: TakeOutput,
    onMade: (made: readonly ImagePath[]) => void,
    signal?: AbortSignal,
  ): Promise<StepEnd>;
  close(): Promise<void>;
}

export interface StepRunnerOptions {
  readonly holder: HolderOptions;
  /** Starts a thread that serves launches. One that was in a network of its own never comes back from there. */
  readonly startThread: (network: Job['network']) => Worker;
}

export function stepRunner(options: StepRunnerOptions): StepRunner {
  const threads = new Map<Job['network'], LaunchThread>();
  const threadFor = (network: Job['network']): LaunchThread => {
    const known = threads.get(network) ?? launchThread(options.startThread(network));
    threads.set(network, known);
    return known;
  };
  const reserve = holderReserve(options.holder);
  // Both take as long as a step: they come to be while the first layers do.
  threadFor('host');
  reserve.fill();
  return {
    async run(tree, job, take, onMade, signal) {
      const holder = await reserve.take();
      const killed = (): void => void holder.end();
      signal?.addEventListener('abort', killed, { once: true });
      try {
        signal?.throwIfAborted();
        const launch = { holder: holder.pid, ...tree, job, inherit: take === undefined };
        return await threadFor(job.network).launch(launch, holder, take, onMade);
      } finally {
        signal?.removeEventListener('abort', killed);
        await holder.end();
      }
    },
    async close() {
      await reserve.close();
      await Promise.all([...threads.values()].map((thread) => thread.close()));
    },
  };
}

/** One holder is always ready: starting it takes longer than everything else of a step together. */
function holderReserve(options: HolderOptions) {
  let next: Promise<Holder> | undefined;
  const fill = (): void => {
    next = startHolder(options);
    // Whoever takes it learns of its failure.
    next.catch(() => {});
  };
  return {
    fill,
    async take(): Promise<Holder> {
      const holder = next ?? startHolder(options);
      fill();
      return holder;
    },
    async close(): Promise<void> {
      const left = await next?.catch(() => undefined);
      next = undefined;
      await left?.end();
    },
  };
}

interface LaunchThread {
  launch(
    launch: Launch,
    holder: Holder,
    take: TakeOutput,
    onMade: (made: readonly ImagePath[]) => void,
  ): Promise<StepEnd>;
  close(): Promise<void>;
}

interface Pending {
  readonly handle: (report: Exclude<LaunchReport, { type: 'ready' }>) => void;
  readonly fail: (error: Error) => void;
}

function launchThread(worker: Worker): LaunchThread {
  const pending = new Map<number, Pending>();
  let next = 0;
  let broken: Error | undefined;
  const send = (request: LaunchRequest): void => worker.postMessage(request);
  worker.on('message', (report: LaunchReport) => {
    if (report.type !== 'ready') pending.get(report.id)?.handle(report);
  });
  const fail = (error: Error): void => {
    broken ??= error;
    for (const one of pending.values()) one.fail(error);
    pending.clear();
  };
  worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => fail(problem('WORKER_ENDED', { reason: 'its thread for commands ended' })));
  return {
    async launch(launch, holder, take, onMade) {
      if (broken) throw broken;
      const id = next++;
      const begun = performance.now();
      let end: StepEnd | undefined;
      await new Promise<void>((resolve, reject) => {
        const settle = (made: readonly ImagePath[], done: () => void): void => {
          pending.delete(id);
          onMade(made);
          done();
        };
        const handle: Pending['handle'] = (report) => {
          if (report.type === 'output') {
            const { stream, chunk } = report;
            void Promise.resolve(take?.(stream, chunk)).then(() => send({ type: 'taken', id, bytes: chunk.length }));
          } else if (report.type === 'exited') {
            end = { status: report.status, ms: performance.now() - begun };
            // What the command left running still holds its output open.
            void holder.end();
          } else if (report.type === 'closed') settle(report.made, resolve);
          else settle(report.made, () => reject(arrivedError(report.error)));
        };
        pending.set(id, { handle, fail: reject });
        send({ type: 'launch', id, launch });
      });
      return end ?? { status: 1, ms: performance.now() - begun };
    },
    async close() {
      worker.removeAllListeners('exit');
      await worker.terminate();
    },
  };
}
