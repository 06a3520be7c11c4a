import { chmodSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import { isLeftBehind, ownMark } from '../store/process-mark.ts';
import { namesIn } from '../store/temp-files.ts';

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
  for (const path of leftAreas(dirname(flavour), now)) sweep(path);
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

/** Is something left below the store by workers that were killed? Files of other ids only a worker can remove. */
export const hasLeftAreas = (store: HostPath, now: number): boolean => leftAreas(join(store, 'layers'), now).length > 0;

/** Areas of workers that have ended, of all flavours: how this machine is used may have changed since. */
function leftAreas(layers: string, now: number): string[] {
  return namesIn(layers)
    .flatMap((flavour) => namesIn(join(layers, flavour, 'work')).map((name) => join(layers, flavour, 'work', name)))
    .filter((path) => {
      const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      return touched !== undefined && isLeftBehind(basename(path), touched, now);
    });
}

function sweep(path: string): void {
  try {
    removeTree(path);
  } catch {
    // Another worker is at it, or the files belong to ids that are not ours.
  }
}

const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true });
