import { fromUtf8, isWithin, resolvePath, rootPath, type Entry, type ImagePath } from '../../core/index.ts';

/** Thrown where a part of an archive cannot do without the rest: links lead out of it, or to it. */
export class WholeNeeded extends Error {
  override readonly name = 'WholeNeeded';
}

/** A part of an archive that is all that is wanted. */
export interface ArchivePart {
  readonly path: ImagePath;
  /** Throws `WholeNeeded`. */
  wants(entry: Entry): boolean;
}

/** `undefined`: everything is wanted, or the name does not say what is. */
export function archivePart(subdirectory: string | undefined): ArchivePart | undefined {
  // Where `..` leads, nobody knows before the links on the way are seen.
  if (subdirectory === undefined || subdirectory.split('/').includes('..')) return undefined;
  const path = resolvePath(rootPath, fromUtf8(subdirectory));
  if (path === rootPath) return undefined;
  return {
    path,
    wants(entry) {
      if (isWithin(path, entry.path)) {
        if (entry.path === path && entry.type !== 'directory') throw new WholeNeeded();
        if (entry.type === 'hardlink' && !isWithin(path, entry.target)) throw new WholeNeeded();
        return true;
      }
      if (!isWithin(entry.path, path)) return false;
      // On the way to the part: a directory says how it looks, a link leads elsewhere.
      if (entry.type !== 'directory') throw new WholeNeeded();
      return true;
    },
  };
}
