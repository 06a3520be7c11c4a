import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryPolicy {
  /** All tries, the first included. */
  readonly attempts: number;
  /** Milliseconds before the second try; doubles from then on, with jitter. */
  readonly firstDelay: number;
  readonly longestDelay: number;
  /** Milliseconds the other side asked for, `undefined` to use the backoff, `false` to give up. */
  readonly delayFor: (error: unknown) => number | undefined | false;
  readonly signal?: AbortSignal;
  readonly onRetry?: (error: unknown, attempt: number, delay: number) => void;
}

export async function retry<T>(policy: RetryPolicy, task: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task(attempt);
    } catch (error) {
      if (attempt >= policy.attempts || policy.signal?.aborted) throw error;
      const asked = policy.delayFor(error);
      if (asked === false) throw error;
      const backoff = Math.min(policy.longestDelay, policy.firstDelay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      const delay = asked ?? backoff;
      policy.onRetry?.(error, attempt, delay);
      await sleep(delay, undefined, policy.signal ? { signal: policy.signal } : {});
    }
  }
}
