import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Job } from '../../contract/job.ts';
import type { ProcessControl } from '../../sys/process-control.ts';

export type OutputName = 'stdout' | 'stderr';

/** A command that was started, with our ends of its pipes. */
export interface Command {
  readonly child: ChildProcess;
  readonly outputs: readonly { readonly name: OutputName; readonly stream: Socket }[];
}

/** The standard error of the whole program; the worker's own is heard by whoever started it. */
export const terminal = 4;

/** Starts the command from where and as whom the calling thread is. */
export function startCommand(job: Job, home: string | undefined, inherit: boolean, control: ProcessControl): Command {
  const [program, ...args] = job.argv;
  const env = Object.fromEntries(job.env);
  // As container runtimes do; a user without an entry lives at the root.
  env['HOME'] ??= home ?? '/';
  if (inherit) return { child: spawn(program!, args, { env, stdio: [0, 1, terminal] }), outputs: [] };
  const input = job.stdin === undefined ? undefined : control.pipe();
  const pipes = { stdout: control.pipe(), stderr: control.pipe() };
  const child = spawn(program!, args, {
    env,
    stdio: [input?.read ?? 'ignore', pipes.stdout.write, pipes.stderr.write],
    // No terminal: what is written to one there would be typed into the user's shell.
    detached: true,
  });
  for (const descriptor of [input?.read, pipes.stdout.write, pipes.stderr.write])
    if (descriptor !== undefined) closeSync(descriptor);
  if (input) feed(input.write, job.stdin!);
  const reading = (name: OutputName) => ({ name, stream: new Socket({ fd: pipes[name].read, writable: false }) });
  return { child, outputs: [reading('stdout'), reading('stderr')] };
}

function feed(descriptor: number, content: string): void {
  const stream = new Socket({ fd: descriptor, readable: false });
  // A command that does not read its input is right to end before.
  stream.on('error', () => {});
  stream.end(content);
}
