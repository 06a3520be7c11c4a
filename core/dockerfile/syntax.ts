import type { SourceText, Span } from '../base/source-text.ts';

/** A piece of Dockerfile text as written, not yet expanded; quotes and escapes still in it. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** What RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD hold. */
export type Command =
  | { readonly form: 'exec'; readonly argv: readonly string[] }
  /** One string for the SHELL; with heredocs the bodies stand apart in `heredocs`. */
  | { readonly form: 'shell'; readonly script: string };

export interface Heredoc {
  /** The delimiter word without quotes: the file's name where a COPY has no better one. */
  readonly name: string;
  /** Was no part of the delimiter quoted? Then COPY and ADD expand variables in the body. */
  readonly expand: boolean;
  /** `<<-`: leading tabs were to be stripped; `content` is already without them. */
  readonly chomp: boolean;
  readonly fd: number;
  readonly content: string;
  /** The body's lines, for frames. */
  readonly span: Span;
}

/** Options of one `--mount`, values as written (expanded at planning), names lower-cased and in their long form. */
export interface MountFlag {
  readonly type: 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly span: Span;
}

interface Node {
  readonly span: Span;
  /** Keyword as written, for the casing checks. */
  readonly keyword: string;
  /** The instruction's text as one line, as history and progress show it: `RUN npm ci`. */
  readonly title: string;
  /** `# check=skip=…` right above the instruction; `['all']` for every rule. */
  readonly skippedChecks?: readonly string[];
}

export interface FromInstruction extends Node {
  readonly kind: 'from';
  readonly platform?: Word;
  readonly image: Word;
  /** The keyword between image and name, as written. */
  readonly as?: Word;
  /** As written; stages are found by the lower-cased name. */
  readonly name?: Word;
  /** The comment block above, when its first word is the stage's name. */
  readonly description?: string;
}
export interface ArgInstruction extends Node {
  readonly kind: 'arg';
  readonly args: readonly {
    readonly name: string;
    readonly value?: Word;
    readonly span: Span;
    readonly description?: string;
  }[];
}
export interface PairsInstruction extends Node {
  readonly kind: 'env' | 'label';
  /** Keys and values as written. */
  readonly pairs: readonly { readonly key: Word; readonly value: Word }[];
  /** `ENV key rest of line` */
  readonly legacy: boolean;
}
export interface RunInstruction extends Node {
  readonly kind: 'run';
  readonly command: Command;
  readonly heredocs: readonly Heredoc[];
  readonly mounts: readonly MountFlag[];
  readonly network?: Word;
  readonly security?: Word;
  readonly devices: readonly Word[];
}
export interface CommandInstruction extends Node {
  readonly kind: 'cmd' | 'entrypoint';
  readonly command: Command;
}
export interface ShellInstruction extends Node {
  readonly kind: 'shell';
  readonly argv: readonly string[];
}
/** One source of COPY or ADD: a path, pattern or URL, or an inline file. */
export type CopySource =
  | { readonly kind: 'path'; readonly word: Word }
  | { readonly kind: 'heredoc'; readonly heredoc: Heredoc };
export interface CopyInstruction extends Node {
  readonly kind: 'copy' | 'add';
  readonly sources: readonly CopySource[];
  readonly destination: Word;
  /** COPY only; never expanded. */
  readonly from?: Word;
  readonly chown?: Word;
  readonly chmod?: Word;
  readonly link?: boolean;
  readonly parents?: boolean;
  readonly excludes: readonly Word[];
  /** ADD only. */
  readonly checksum?: Word;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}
/** STOPSIGNAL, USER, WORKDIR, MAINTAINER: the rest of the line. */
export interface LineInstruction extends Node {
  readonly kind: 'stopsignal' | 'user' | 'workdir' | 'maintainer';
  readonly value: Word;
}
export interface WordsInstruction extends Node {
  readonly kind: 'volume' | 'expose';
  readonly words: readonly Word[];
}
export interface HealthcheckInstruction extends Node {
  readonly kind: 'healthcheck';
  /** Absent: `HEALTHCHECK NONE`. */
  readonly command?: Command;
  /** Nanoseconds, as the image config holds them; absent or 0: inherit. */
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}
export interface OnbuildInstruction extends Node {
  readonly kind: 'onbuild';
  readonly trigger: Instruction;
  /** The trigger as text, heredoc bodies in it: what the config stores and a child parses again. */
  readonly triggerText: string;
}

/** Everything that can stand in a stage. */
export type Instruction =
  | ArgInstruction
  | PairsInstruction
  | RunInstruction
  | CommandInstruction
  | ShellInstruction
  | CopyInstruction
  | LineInstruction
  | WordsInstruction
  | HealthcheckInstruction
  | OnbuildInstruction;

export type InstructionKind = Instruction['kind'];
export type InstructionOf<K extends InstructionKind> = Extract<Instruction, { readonly kind: K }>;

export interface Stage {
  readonly from: FromInstruction;
  /** Lower-cased; absent where FROM has no AS. */
  readonly name?: string;
  /** 0, 1, … in the file. */
  readonly index: number;
  readonly instructions: readonly Instruction[];
}

export interface Directives {
  readonly syntax?: { readonly value: string; readonly span: Span };
  readonly escape: '\\' | '`';
  readonly check?: {
    readonly skip: readonly string[] | 'all';
    readonly error: boolean;
    readonly experimental: readonly string[] | 'all';
    readonly span: Span;
  };
}

/** A remark the parser makes in passing; the build checks judge the rest. */
export interface ParseWarning {
  readonly rule: string;
  readonly message: string;
  readonly span: Span;
}

export interface Dockerfile {
  readonly source: SourceText;
  readonly directives: Directives;
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  readonly warnings: readonly ParseWarning[];
}
