/** One user-facing problem: data only. Codes are permanent, wording may change. */
export interface ProblemEntry<Facts> {
  /** Plain words, no full stop: `A RUN command failed`. */
  readonly title: string;
  /** 1 the build failed, 2 the input needs a fix, 70 our bug; or the status of what failed. */
  readonly exit: number | ((facts: Facts) => number);
  message(facts: Facts): string;
  hint?(facts: Facts): string | undefined;
}

export const entry = <Facts>(it: ProblemEntry<Facts>): ProblemEntry<Facts> => it;
