/** How busy the machine is. */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Seconds that all cores together have worked since the machine started. */
export function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

/** Cores that may be busy while we measure. */
const quiet = 0.25;

/** Waits for a second in which nobody else does much, `patience` seconds at the most. */
export async function calm(patience: number): Promise<void> {
  for (let waited = 0; waited < patience; waited++) {
    const before = busySeconds();
    await pause(1000);
    if (busySeconds() - before < quiet) return;
  }
}
