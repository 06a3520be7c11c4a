import { BuildError, problem } from '../../core/index.ts';
import type { Cli } from '../command.ts';
import { harmlessHere } from './folding.ts';
import { problemText } from './problem.ts';
import { styleFor, wantsColour } from './style.ts';

/** Exit status of whoever was interrupted: 128 and the number of the signal; SIGINT's where nobody knows which. */
const interruptedBy = ({ reason }: AbortSignal): number => (reason as { readonly exit?: number }).exit ?? 130;

export interface FailureOptions {
  readonly debug: boolean;
  /** The log of a step, by its title. */
  readonly logOf?: (step: string) => string | undefined;
}

/** Shows what went wrong and gives the exit status it deserves. */
export function reportFailure(error: unknown, cli: Cli, { debug, logOf }: FailureOptions): number {
  const { screen, signal, host, stuck } = cli;
  const style = styleFor(wantsColour(screen.errIsTerminal, host.env));
  const show = (each: BuildError): void => {
    const log = each.where.step === undefined ? undefined : logOf?.(each.where.step);
    const options = { style, columns: screen.columns(), debug, ...(log !== undefined && { log }) };
    screen.err(`\n${harmlessHere(problemText(each, options), host.env)}`);
  };
  if (signal.aborted) {
    // Whatever failed did so because it was stopped; who did not stop is worth a word.
    for (const each of stuck.tell()) show(each);
    screen.err('interrupted\n');
    return interruptedBy(signal);
  }
  const all = problemsOf(error);
  for (const each of all) show(each);
  return exitStatus(all);
}

/** Our bug outweighs a failed build, and that a mistake of the input. */
export const exitStatus = (errors: readonly BuildError[]): number =>
  errors.find(({ exit }) => exit === 70)?.exit ?? errors.find(({ exit }) => exit !== 2)?.exit ?? 2;

/** Whatever was thrown, as problems. */
export function problemsOf(error: unknown): readonly BuildError[] {
  if (BuildError.is(error)) return [error];
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(problemsOf);
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (error instanceof Error && typeof syscall === 'string' && typeof code === 'string') {
    const facts = { code, call: syscall, reason: error.message, ...(path !== undefined && { path }) };
    return [problem('SYSTEM_REFUSED', facts, {}, { cause: error })];
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [problem('INTERNAL', { reason }, {}, { cause: error })];
}
