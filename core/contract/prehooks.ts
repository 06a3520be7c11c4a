import type { HostPath } from '../base/brand.ts';
import type { Secret } from '../base/secret.ts';
import type { Env } from './world.ts';

/** What runs before the context is read. */
export type Prehook = PrehookCommand | PrehookFunction;

interface PrehookPlace {
  /** What paths are seen from; absent: the root of the image's main context. */
  readonly folder?: HostPath;
  /** Where it runs, below the folder; empty: the folder itself. Patterns are seen from there. */
  readonly cwd: string;
  readonly env: readonly (readonly [name: string, value: string | Secret])[];
  /** Patterns of what it reads: with the same content it does not run again. Absent: it always runs. */
  readonly inputs?: readonly string[];
  /** Patterns of what it makes. */
  readonly outputs: readonly string[];
  /** Seconds; absent: none. */
  readonly timeout?: number;
  /** Where a config has it, so that a failure can show the place. */
  readonly at?: WrittenAt;
}

export interface PrehookCommand extends PrehookPlace {
  readonly kind: 'command';
  /** Text goes to the shell; a list is run as it is. */
  readonly command: string | readonly string[];
  /** What text is handed to as the last argument: `['/bin/sh', '-c']`. */
  readonly shell: readonly string[];
  /** The image it runs inside; absent: it runs on this machine. */
  readonly in?: string;
}

export interface PrehookFunction extends PrehookPlace {
  readonly kind: 'function';
  /** For people. */
  readonly name: string;
  readonly run: PrehookRun;
  /** Stands for what the function does: part of its key. */
  readonly version: string;
}

export type PrehookRun = (context: PrehookContext) => Promise<unknown> | void;

/** What a function that runs before the context is read is given. */
export interface PrehookContext {
  /** The folder it works in: what its patterns are seen from. */
  readonly context: HostPath;
  /** The environment of the process with the prehook's own over it, secrets revealed. */
  readonly env: Env;
  /** The image it runs for; of several that share it the first. */
  readonly image: string;
  /** Runs a command in the folder, its output shown with the prehook's; rejects when its status is not 0. */
  run(command: string | readonly string[], options?: PrehookRunOptions): Promise<void>;
  /** Aborted when the build is stopped or the prehook's time is over. */
  readonly signal: AbortSignal;
  /** A line of the prehook's output. */
  report(line: string): void;
}

export interface PrehookRunOptions {
  /** Below the folder. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | Secret>>;
}

/** A place in a file of the user's; line and column from 1. */
export interface WrittenAt {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
