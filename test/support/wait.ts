/** Waiting for something that becomes true in its own time. */
import { setTimeout as pause } from 'node:timers/promises';

/** Asks again every few milliseconds until the answer is something; after `timeout` milliseconds it gives up. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeout = 15_000,
): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${timeout} ms in vain for ${what}`);
    await pause(15);
  }
}
