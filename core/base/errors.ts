import type { Phase } from './events.ts';
import { archive } from './problems/archive.ts';
import { caching } from './problems/caching.ts';
import { config } from './problems/config.ts';
import { dockerfile } from './problems/dockerfile.ts';
import { image } from './problems/image.ts';
import { input } from './problems/input.ts';
import { machine } from './problems/machine.ts';
import { prebuild } from './problems/prebuild.ts';
import { registry } from './problems/registry.ts';
import { running } from './problems/running.ts';
import type { ProblemEntry } from './problems/entry.ts';
import type { Span } from './source-text.ts';

/** What a rising error learns on its way up. */
export interface Whereabouts {
  readonly at?: Span;
  readonly phase?: Phase;
  readonly image?: string;
  readonly plugin?: string;
  /** Step title, as the progress output shows it. */
  readonly step?: string;
}

/** Survives two copies of the package in one process. */
const mark = Symbol.for('strake.BuildError');

/** Everything a user can be told. Made by `problem(…)` alone. */
export class BuildError extends Error {
  readonly [mark] = true;
  override readonly name = 'BuildError';
  readonly code: string;
  readonly title: string;
  /** Exit status of the process: 1 the build failed, 2 the input needs a fix, 70 our bug; a failing RUN's own. */
  readonly exit: number;
  readonly hint: string | undefined;
  readonly facts: unknown;
  where: Whereabouts;

  constructor(code: string, facts: unknown, it: ProblemEntry<never>, where: Whereabouts, options?: ErrorOptions) {
    super(it.message(facts as never), options);
    this.code = code;
    this.title = it.title;
    this.exit = typeof it.exit === 'function' ? it.exit(facts as never) : it.exit;
    this.hint = it.hint?.(facts as never);
    this.facts = facts;
    this.where = where;
  }

  static is(value: unknown): value is BuildError {
    return typeof value === 'object' && value !== null && mark in value;
  }
}

/** Several complaints shown together, e.g. all mistakes of a config. */
export class BuildErrors extends AggregateError {
  override readonly name = 'BuildErrors';
  declare errors: BuildError[];
}

type Table = Readonly<Record<string, ProblemEntry<never>>>;
type FactsOf<T extends Table, C extends keyof T> = Parameters<T[C]['message']>[0];

/** A plugin makes its own thrower with its name as owner; its codes read `s3-context/BUCKET_ABSENT`. */
export function defineProblems<const T extends Table>(owner: string | undefined, table: T) {
  return <C extends keyof T & string>(
    code: C,
    facts: FactsOf<T, C>,
    where: Whereabouts = {},
    options?: ErrorOptions,
  ): BuildError => new BuildError(owner === undefined ? code : `${owner}/${code}`, facts, table[code]!, where, options);
}

/** Every complaint of core, by code. `docs/problems.md` is made from it. */
export const problems = {
  ...input,
  ...dockerfile,
  ...config,
  ...registry,
  ...machine,
  ...running,
  ...caching,
  ...archive,
  ...image,
  ...prebuild,
};

/** `throw problem('RUN_EXITED', { script, status }, { at: instruction.span })` */
export const problem = defineProblems(undefined, problems);

/** Another hint for an error, from where more is known than where it was made. Foreign values pass through. */
export function advise<T>(error: T, hint: string | undefined): T {
  if (BuildError.is(error) && hint !== undefined) Object.assign(error, { hint });
  return error;
}

/** Adds what is known here to an error that knows less; what it already knows stays. Foreign values pass through. */
export function locate<T>(error: T, where: Whereabouts): T {
  if (BuildError.is(error)) error.where = { ...where, ...error.where };
  return error;
}
