import type { World } from '../../core/index.ts';

export interface FetchProgress extends Disposable {
  /** A line of what git says of its progress. */
  readonly line: (line: string) => void;
}

const units = { bytes: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** `Receiving objects:  45% (450/1000), 1.20 MiB | 1.00 MiB/s` as events. The task ends with the call. */
export function fetchProgress(world: World, url: string): FetchProgress {
  const task = `git ${url}`;
  const title = `fetching ${url}`;
  let done = 0;
  let told = false;
  return {
    line(line) {
      const [, number, unit] = /^Receiving objects:.*?, ([\d.]+) (bytes|[KMG]iB)/.exec(line) ?? [];
      if (number === undefined) return;
      done = Math.round(Number(number) * units[unit as keyof typeof units]);
      told = true;
      world.report({ type: 'progress', task, title, done, unit: 'bytes' });
    },
    [Symbol.dispose]() {
      if (told) world.report({ type: 'progress', task, title, done, total: done, unit: 'bytes', ended: true });
    },
  };
}
