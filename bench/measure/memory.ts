/** How much memory a process tree holds, sampled: PSS, so that what several processes share counts once. */
import { readFileSync } from 'node:fs';

export interface Sampler {
  /** Bytes: the largest sum seen. */
  peak(): number;
  stop(): void;
}

/** Samples from now on. What lies between two samples is not seen. */
export function samplePss(processes: () => readonly number[], milliseconds = 100): Sampler {
  let peak = 0;
  const sample = (): void => {
    let sum = 0;
    for (const id of processes()) sum += pssOf(id);
    peak = Math.max(peak, sum);
  };
  const timer = setInterval(sample, milliseconds);
  return { peak: () => peak, stop: () => clearInterval(timer) };
}

/** Bytes; 0 for a process that has ended, or that may not be looked at. */
function pssOf(id: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** A process and all below it; those that gave themselves another parent are not seen. */
export function treeOf(root: number): number[] {
  const found = [root];
  for (const id of found) found.push(...childrenOf(id));
  return found;
}

function childrenOf(id: number): number[] {
  try {
    return readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
