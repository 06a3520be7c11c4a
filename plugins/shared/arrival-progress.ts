import type { Report } from '../../core/index.ts';

/** Milliseconds between two events. */
const reportEvery = 200;

/** Tells how much of a context has come. */
export function arrivalProgress(label: string, total: number | undefined, report: Report) {
  const task = `fetch ${label}`;
  const title = `fetching ${label}`;
  const about = { type: 'progress', task, title, unit: 'bytes', ...(total !== undefined && { total }) } as const;
  let last = performance.now();
  let done = 0;
  return {
    advance(sent: number): void {
      done = sent;
      const now = performance.now();
      if (now - last < reportEvery) return;
      last = now;
      report({ ...about, done });
    },
    end(): void {
      if (done > 0) report({ ...about, done, ended: true });
    },
  };
}
