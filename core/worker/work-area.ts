import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import { isLeftBehind, ownMark } from '../store/process-mark.ts';

/** Where one worker keeps what nobody else may touch; below the flavour, as files of other ids need its rights. */
export interface WorkArea {
  readonly root: HostPath;
  /** A fresh directory. */
  directory(label: string): HostPath;
  /** Out of the way, at once; where it lies then. */
  discard(path: string): HostPath;
  /** Removes what was discarded: the slow part, at the end. */
  empty(): void;
  /** Removes all of it. */
  remove(): void;
}

export function workArea(flavour: HostPath, now: number): WorkArea {
  const areas = join(flavour, 'work');
  mkdirSync(areas, { recursive: true });
  sweep(areas, now);
  const root = hostPath(join(areas, ownMark()));
  // Trees of images lie below, with set-id programs in them: nobody else gets there.
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  const bin = join(root, 'bin');
  let next = 0;
  return {
    root,
    directory(label) {
      const path = hostPath(join(root, `${label}-${next++}`));
      mkdirSync(path, 0o755);
      return path;
    },
    discard(path) {
      mkdirSync(bin, { recursive: true });
      const place = hostPath(join(bin, String(next++)));
      renameSync(path, place);
      return place;
    },
    empty: () => removeTree(bin),
    remove: () => removeTree(root),
  };
}

/** What workers left that were killed. */
function sweep(areas: string, now: number): void {
  for (const name of readdirSync(areas)) {
    const path = join(areas, name);
    const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (touched !== undefined && isLeftBehind(name, touched, now)) removeTree(path);
  }
}

const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true });
