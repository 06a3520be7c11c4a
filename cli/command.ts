import type { BuildError, Host } from '../core/index.ts';
import type { Ask } from './ask.ts';
import type { Screen } from './screen.ts';

/** One flag, as help, completion, the reference page and the parser see it. */
export interface Flag {
  /** Without dashes: `build-arg`. */
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in help; absent: a switch. */
  readonly value?: string;
  readonly many?: boolean;
  readonly about: string;
  readonly choices?: readonly string[];
  /** The value is a path: shells complete it. */
  readonly path?: boolean;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** After `strake `: `build [image…|context]`. */
  readonly usage: string;
  /** Paragraphs under the usage. */
  readonly about?: readonly string[];
  readonly flags: readonly Flag[];
  /** The most words that are no flags; absent: any number. */
  readonly words?: number;
  /** The words after the first one are not ours: a command with its own flags. */
  readonly passesOn?: boolean;
  readonly examples?: readonly string[];
  /** Brings the code in when the command is called. */
  load(): Promise<{ readonly run: Run }>;
}

/** A command line that was understood. */
export interface Invocation {
  readonly command: Command;
  /** What is no flag. With `passesOn` the first word alone. */
  readonly words: readonly string[];
  /** The words that are not ours. */
  readonly rest: readonly string[];
  /** Is the switch on? */
  readonly on: (flag: string) => boolean;
  /** The last value. */
  readonly text: (flag: string) => string | undefined;
  /** All values. */
  readonly list: (flag: string) => readonly string[];
}

/** What `main.ts` hands to commands: the process as they may see it. */
export interface Cli {
  readonly host: Host & { readonly versions: { readonly node: string } };
  readonly screen: Screen;
  /** Absent: nobody sits at a terminal. */
  readonly ask?: Ask;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly version: string;
  readonly commands: readonly Command[];
  /** What holds a command up: told when it is interrupted, and when Node has nothing left to wait for. */
  readonly stuck: { tell: () => readonly BuildError[] };
}

/** Gives the exit status. */
export type Run = (invocation: Invocation, cli: Cli) => Promise<number>;
