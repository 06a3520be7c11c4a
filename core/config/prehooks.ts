import type { PrehookRun, WrittenAt } from '../contract/prehooks.ts';
import type { Secret } from '../base/secret.ts';

/** What commands and functions before the context is read have in common. */
export interface PrehookOptions {
  /** Default: the folder of the config; the root of a context that comes from elsewhere. */
  readonly cwd?: string;
  /** A `Secret` is shown nowhere and enters no key by its value. */
  readonly env?: Readonly<Record<string, string | Secret>>;
  /** Patterns of what is read, seen from `cwd`: while it stays the same, nothing runs. Without them it always runs. */
  readonly inputs?: readonly string[];
  /** Patterns of what is made, seen from `cwd`. */
  readonly outputs?: readonly string[];
  /** Seconds until it is ended; default: never. */
  readonly timeout?: number;
}

export interface RunOptions extends PrehookOptions {
  /** What the text is handed to: `bash`, `['bash', '-euo', 'pipefail', '-c']`; default: `/bin/sh`. */
  readonly shell?: string | readonly string[];
  /** An image to run inside, on a view of the folder that leaves it alone; default: this machine. */
  readonly in?: string;
}

/** A command before the context is read. Made by `run('npm run codegen')`. */
export interface PrehookSetting extends RunOptions {
  /** Text goes to a shell; a list is run as it is. */
  readonly command: string | readonly string[];
}

/** A function before the context is read. Made by `prehook(async ({ context }) => …)`. */
export interface PrehookFunctionSetting extends PrehookOptions {
  readonly run: PrehookRun;
  /** Shown as its title; default: the function's own. */
  readonly name?: string;
  /** Raised when the function does something else though its text is the same: it reads a constant, calls another one. */
  readonly version?: string;
}

export type AnyPrehookSetting = PrehookSetting | PrehookFunctionSetting | PrehookRun;

/** `prebuild: [run('npm run codegen', { inputs: ['schema/**'], outputs: ['src/generated/**'] })]` */
export const run = (command: string | readonly string[], options: RunOptions = {}): PrehookSetting =>
  marked({ command, ...options }, callPlace(run));

/** `prebuild: [prehook(async ({ context, run }) => { … }, { inputs: ['schema/**'], outputs: ['src/generated/**'] })]` */
export const prehook = (work: PrehookRun, options: Omit<PrehookFunctionSetting, 'run'> = {}): PrehookFunctionSetting =>
  marked({ run: work, ...options }, callPlace(prehook));

const place = Symbol.for('strake.prehook.place');

/** Out of sight of whoever lists, copies or prints settings. */
const marked = <T extends object>(setting: T, at: WrittenAt | undefined): T =>
  at === undefined ? setting : Object.defineProperty(setting, place, { value: at });

/** Where a config made the setting, where that is known. */
export const placeOfSetting = (setting: object): WrittenAt | undefined =>
  (setting as Readonly<Record<symbol, WrittenAt | undefined>>)[place];

const frame = /\(?((?:file:\/\/)?\/[^()]*?):(\d+):(\d+)\)?$/;

/** Who called `callee`, by the stack. */
function callPlace(callee: Function): WrittenAt | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const [, file, line, column] = frame.exec(holder.stack?.split('\n')[1] ?? '') ?? [];
  if (file === undefined) return undefined;
  const path = decodeURI(file.replace(/^file:\/\//, '').replace(/\?.*$/, ''));
  return { file: path, line: Number(line), column: Number(column) };
}
