import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import type { ImagePath } from '../../base/brand.ts';
import { carryError } from '../../base/carried-error.ts';
import { problem } from '../../base/errors.ts';
import type { Job } from '../../contract/job.ts';
import { namespace } from '../../sys/namespaces.ts';
import { codeOf } from '../../sys/sys-error.ts';
import type { Sys } from '../../sys/sys.ts';
import { stepCapabilities } from './capabilities.ts';
import { startCommand, terminal, type Command, type OutputName } from './command.ts';
import { enterRoot, type EnterOptions } from './enter-root.ts';
import type { Launch, LaunchReport, LaunchRequest } from './launch.ts';

/** Bytes of output on their way before the command has to wait. */
const mostOutput = 1 << 20;

/**
 * Starts commands from a thread that is nothing else's: for the moment in which it starts one it stands in the step's
 * tree, as the step's user, and what it starts can never have more than a step may. Nothing waits in between, and no
 * helper program runs inside a tree that others made.
 */
export function serveLaunches(port: MessagePort, sys: Sys, options: EnterOptions): void {
  const { namespaces, credentials } = sys;
  credentials.limitPrograms(stepCapabilities);
  const home = openSync('/proc/thread-self/ns/mnt', 'r');
  const report = (message: LaunchReport): void => port.postMessage(message);
  const running = new Map<number, OutputFlow>();

  const leave = (): void => {
    namespaces.umask(0);
    credentials.becomeRoot(options.rights.singleId ? undefined : []);
    // Threads started meanwhile share root and directory again, and the kernel moves nobody along.
    namespaces.unshare(namespace.directories);
    namespaces.enter(home, namespace.mounts);
  };

  const launch = (id: number, request: Launch): void => {
    const made: ImagePath[] = [];
    let command: Command;
    try {
      try {
        const { home } = enterRoot(sys, request, options, made);
        command = startCommand(request.job, home, request.inherit, sys.process);
      } finally {
        leave();
      }
    } catch (error) {
      report({ type: 'failed', id, error: carryError(launchProblem(error)), made });
      return;
    }
    running.set(id, watch(id, command, request.job, made));
  };

  const watch = (id: number, { child, outputs }: Command, job: Job, made: readonly ImagePath[]): OutputFlow => {
    const exited = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        // The command was never there: nobody else will say so.
        const reason = codeOf(error) ?? error.message;
        const said = unstartable(job, reason);
        if (outputs.length === 0) writeSync(terminal, said);
        else report({ type: 'output', id, stream: 'stderr', chunk: Buffer.from(said) });
        report({ type: 'exited', id, status: reason === 'ENOENT' ? 127 : 126 });
        resolve();
      });
      child.once('exit', (code, signal) => {
        report({ type: 'exited', id, status: statusOf(code, signal) });
        resolve();
      });
    });
    const drained = outputs.map(({ stream }) => once(stream, 'close'));
    void Promise.allSettled([exited, ...drained]).then(() => {
      running.delete(id);
      report({ type: 'closed', id, made });
    });
    return outputFlow(outputs, (stream, chunk) => report({ type: 'output', id, stream, chunk }));
  };

  port.on('message', (request: LaunchRequest) => {
    if (request.type === 'launch') launch(request.id, request.launch);
    else running.get(request.id)?.taken(request.bytes);
  });
  port.once('close', () => closeSync(home));
  report({ type: 'ready' });
}

interface OutputFlow {
  taken(bytes: number): void;
}

function outputFlow(outputs: Command['outputs'], take: (name: OutputName, chunk: Uint8Array) => void): OutputFlow {
  let underway = 0;
  for (const { name, stream } of outputs) {
    stream.on('data', (chunk: Buffer) => {
      underway += chunk.length;
      take(name, chunk);
      if (underway > mostOutput) for (const { stream: one } of outputs) one.pause();
    });
  }
  return {
    taken(bytes) {
      underway -= bytes;
      if (underway <= mostOutput) for (const { stream } of outputs) stream.resume();
    },
  };
}

const statusOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal ? constants.signals[signal] : 0);

function unstartable({ argv, cwd }: Job, reason: string): string {
  const program = argv[0]!;
  const why = reason === 'ENOENT' ? 'not found' : reason === 'EACCES' ? 'permission denied' : reason;
  return `${program}: ${why} (in ${cwd})\n`;
}

/** What befell the setting up of a tree is the machine's fault or the image's, and said as such. */
function launchProblem(error: unknown): unknown {
  const { syscall } = error as { readonly syscall?: string };
  if (codeOf(error) === undefined || syscall === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return problem('STEP_TREE_UNUSABLE', { reason }, {}, { cause: error });
}
