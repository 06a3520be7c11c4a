import { lstatSync, readdirSync } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { ancestorsOf, childOf, nameOf, parentOf, rootPath } from '../base/image-path.ts';
import { hostPaths, type FsPath } from './host-path.ts';

/** Where the paths of a tree lie on this machine. */
export interface TreePlaces {
  at(path: ImagePath): FsPath;
  /** What is in a directory, in any order; fails as `readdir` does. */
  names(path: ImagePath): readonly string[];
}

/** Files that join a tree although its directory does not hold them. */
export interface TreeOverlay {
  /** The same text for the same files in the same place. */
  readonly id: string;
  readonly root: HostPath;
  /** Its paths as the tree knows them; `undefined` for one that has no place there. */
  placed(path: ImagePath): ImagePath | undefined;
  /** What of the directory is not shown: the overlay alone says what is there. Asked with paths of the tree. */
  hides(path: ImagePath): boolean;
}

/** A directory by itself, or with files of elsewhere laid over it, later ones over earlier ones. */
export function treePlaces(root: HostPath, overlays: readonly TreeOverlay[] = []): TreePlaces {
  const base = hostPaths(root);
  const alone: TreePlaces = { at: base, names: (path) => readdirSync(base(path), 'latin1') };
  if (overlays.length === 0) return alone;
  const upper = overlays.map(overlayEntries).reverse();
  const at = (path: ImagePath): FsPath => {
    for (const { find, overlay, absent } of upper) {
      const found = find(path);
      if (found) return found.isDirectory && isDirectory(base(path)) ? base(path) : found.path;
      if (overlay.hides(path)) return absent;
    }
    return base(path);
  };
  const names = (path: ImagePath): readonly string[] => {
    const added = new Set(upper.flatMap(({ below }) => [...below(path)]));
    // Where the directory has something else, or nothing, the overlay's stands alone.
    if (!isDirectory(base(path)) && upper.some(({ find }) => find(path))) return [...added];
    const own = alone.names(path).filter((name) => {
      const child = childOf(path, name);
      return !upper.some(({ overlay }) => overlay.hides(child));
    });
    return [...new Set([...own, ...added])];
  };
  return { at, names };
}

const isDirectory = (path: FsPath): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

interface Laid {
  readonly path: FsPath;
  readonly isDirectory: boolean;
}

/** The overlay is small and stays as it is: it is walked once. */
function overlayEntries(overlay: TreeOverlay) {
  const entries = new Map<ImagePath, Laid>();
  const below = new Map<ImagePath, Set<string>>();
  const own = hostPaths(overlay.root);
  const name = (path: ImagePath): void => {
    if (path === rootPath) return;
    const siblings = below.get(parentOf(path)) ?? new Set();
    below.set(parentOf(path), siblings.add(nameOf(path)));
  };
  const walk = (directory: ImagePath): void => {
    for (const entry of readdirSync(own(directory), { withFileTypes: true, encoding: 'latin1' })) {
      const path = childOf(directory, entry.name);
      const placed = overlay.placed(path);
      if (placed !== undefined && placed !== rootPath) {
        entries.set(placed, { path: own(path), isDirectory: entry.isDirectory() });
        for (const named of [...ancestorsOf(placed), placed]) name(named);
      }
      if (entry.isDirectory()) walk(path);
    }
  };
  walk(rootPath);
  return {
    overlay,
    find: (path: ImagePath) => entries.get(path),
    below: (path: ImagePath): ReadonlySet<string> => below.get(path) ?? new Set(),
    /** Nothing is there. */
    absent: `${overlay.root}.none`,
  };
}
