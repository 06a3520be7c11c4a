import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import { isLeftBehind, type ProcessMark } from './process-mark.ts';
import { onDiskNow } from './store-faults.ts';

/** Gives paths that nobody else has: `tmp/<process>-<label>-<number>`. */
export function tempPaths(root: HostPath, mark: ProcessMark): (label: string) => HostPath {
  const directory = join(root, 'tmp');
  let next = 0;
  return (label) => {
    onDiskNow(directory, () => mkdirSync(directory, { recursive: true }));
    return hostPath(join(directory, `${mark}-${label.replaceAll(/[^\w.]+/g, '_').slice(0, 40)}-${next++}`));
  };
}

/** Removes what ended processes left below `tmp` or `holds`. */
export function sweep(directory: string, now: number): void {
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    try {
      const touched = statSync(path).mtimeMs;
      if (isLeftBehind(name.split('-')[0]!, touched, now)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else swept it, or it belongs to ids that only a user namespace can remove.
    }
  }
}

export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
