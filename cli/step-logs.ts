import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildEvent } from '../core/index.ts';
import type { Renderer } from './render/reporter.ts';

/** The whole output of every step that runs, in a file; files of steps that end well go again. */
export interface StepLogs extends Renderer {
  /** Where the output of a failed step lies, by its title. */
  logOf(title: string): string | undefined;
}

/** Logs of failed steps that stay. */
const kept = 50;
/** Bytes of one log; what comes after is left out. */
const longest = 256 * 1024 * 1024;

interface Log {
  readonly path: string;
  readonly fd: number;
  size: number;
}

export function stepLogs(folder: string, signal: AbortSignal, now: () => Date): StepLogs {
  const open = new Map<string, Log>();
  const failed = new Map<string, string>();
  const forget = (step: string): Log | undefined => {
    const log = open.get(step);
    if (log) closeSync(log.fd);
    open.delete(step);
    return log;
  };
  const write = (step: string, chunk: Uint8Array): void => {
    const log = open.get(step) ?? begin(folder, step, now());
    open.set(step, log);
    const fitting = chunk.subarray(0, Math.max(0, longest - log.size));
    writeSync(log.fd, fitting);
    log.size += fitting.byteLength;
  };
  const ended = (event: Extract<BuildEvent, { type: 'step' }>): void => {
    if (event.state === 'begin') return;
    const log = forget(event.step);
    if (!log) return;
    if (event.state === 'failed') failed.set(event.title, log.path);
    else rmSync(log.path, { force: true });
  };
  return {
    report(event) {
      if (event.type === 'output') write(event.step, event.chunk);
      if (event.type === 'step') ended(event);
    },
    close() {
      // Steps that were stopped on the way have nothing to explain.
      for (const step of open.keys()) rmSync(forget(step)!.path, { force: true });
      if (signal.aborted) for (const path of failed.values()) rmSync(path, { force: true });
    },
    logOf: (title) => failed.get(title),
  };
}

function begin(folder: string, step: string, at: Date): Log {
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder).sort().slice(0, -kept)) rmSync(join(folder, old), { force: true });
  const stamp = at.toISOString().replace(/[:.]/g, '-');
  const slug = step.replace(/[^\w.-]+/g, '_').slice(0, 60);
  for (let copy = 0; ; copy++) {
    const path = join(folder, `${stamp}-${slug}${copy === 0 ? '' : `-${copy}`}.log`);
    try {
      return { path, fd: openSync(path, 'wx', 0o600), size: 0 };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
