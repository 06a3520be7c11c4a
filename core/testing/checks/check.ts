import { AssertionError } from 'node:assert/strict';
import { inspect } from 'node:util';
import { BuildError } from '../../base/errors.ts';
import type { FakeWorld } from '../fake-world.ts';

/** One promise of the contract: `for (const check of checks) test(check.name, () => check.run())`. */
export interface Check {
  readonly name: string;
  /** Throws where the promise is broken; says why where it does not apply here. */
  run(): Promise<CheckOutcome>;
}
export interface CheckOutcome {
  readonly skipped?: string;
}

/** What is checked, made anew for every check; closed when the check is over. */
export interface Closable {
  close?(): void | PromiseLike<void>;
}

/** Returns a reason where the check does not apply. */
export type CheckBody<S> = (subject: S) => Promise<string | void>;

/** Checks by their names, each with a subject of its own. */
export const checksOf = <S extends Closable>(
  make: () => S | Promise<S>,
  bodies: Readonly<Record<string, CheckBody<S>>>,
): Check[] =>
  Object.entries(bodies).map(([name, body]) => ({
    name,
    async run() {
      const subject = await make();
      try {
        const skipped = await body(subject);
        return skipped === undefined ? {} : { skipped };
      } finally {
        await subject.close?.();
      }
    },
  }));

/** Fails unless the work ends with a problem: something a user can read, with a code. */
export async function expectProblem(work: Promise<unknown>, when: string): Promise<BuildError> {
  const outcome = await work.then(
    () => ({ error: undefined }),
    (error: unknown) => ({ error }),
  );
  if (BuildError.is(outcome.error)) return outcome.error;
  const got = outcome.error === undefined ? 'nothing was thrown' : `this was thrown: ${inspect(outcome.error)}`;
  throw new AssertionError({ message: `${when}: a problem made by defineProblems was expected, but ${got}` });
}

/** The value, or a failure when it takes longer than so many milliseconds. */
export async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AssertionError({ message: `${what} took longer than ${ms} ms` })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Fails where a secret stands in what was reported, or in one of the values as Node would print them. */
export function expectSilence(secrets: readonly string[], world: FakeWorld, ...values: readonly unknown[]): void {
  const shown = [...values, ...world.events].map((value) =>
    value instanceof Error
      ? `${inspect(value)} ${BuildError.is(value) ? `${value.hint} ${inspect(value.facts)}` : ''}`
      : `${inspect(value, { depth: 9 })} ${JSON.stringify(value)}`,
  );
  for (const secret of secrets) {
    const told = shown.find((text) => text.includes(secret));
    if (told !== undefined)
      throw new AssertionError({ message: `a secret is told: ${told.replaceAll(secret, '<secret>')}` });
  }
}
