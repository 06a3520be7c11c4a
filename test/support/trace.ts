/** Follows a program and everything it starts, by strace. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { tryRun, type RunOptions, type RunResult } from './process.ts';

export interface Trace {
  /** A line for each program that was started: its arguments, as strace writes text. */
  readonly started: readonly string[];
  /** A line for each piece of a file that was written, and for each name that was given to a file; also of files that are gone. */
  readonly written: readonly string[];
}

const names = [
  'openat',
  'mkdir',
  'mkdirat',
  'rename',
  'renameat',
  'renameat2',
  'symlink',
  'symlinkat',
  'link',
  'linkat',
];
const writes = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];

/** Runs a program to its end; the trace goes through `file`, which may be large. Pipes and sockets are no files. */
export async function runTraced(
  argv: readonly string[],
  file: string,
  options: RunOptions,
): Promise<{ readonly result: RunResult; readonly trace: Trace }> {
  const calls = ['execve', ...names, ...writes].join(',');
  const strace = ['strace', '-f', '--seccomp-bpf', '-qq', '-y', '-s', '10000000', '-e', `trace=${calls}`, '-o', file];
  const result = await tryRun([...strace, ...argv], options);
  const started: string[] = [];
  const written: string[] = [];
  // A call that another process interrupts is told in two lines, its text in the first.
  const call = /^\d+ +(\w+)\((?:\d+<([^>]*)>)?/;
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    const [, name = '', target = ''] = call.exec(line) ?? [];
    if (name === 'execve') started.push(line);
    else if (names.includes(name)) written.push(line);
    else if (writes.includes(name) && target.startsWith('/') && !target.startsWith('/dev/')) written.push(line);
  }
  return { result, trace: { started, written } };
}
