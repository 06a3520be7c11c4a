import type { Digest, ImagePath } from '../base/brand.ts';
import type { Content, Entry, FileEntry } from '../archive/entry.ts';

/** Where a path leads once its links are followed. */
export interface Resolved {
  /** No component of it is a link, but for those that do not exist. */
  readonly path: ImagePath;
  /** Absent: nothing is there. */
  readonly entry?: Entry;
}

export interface ResolveOptions {
  /** Absent: yes. `false`: the last component is looked at, not followed. */
  readonly followLast?: boolean;
}

/** Something COPY and ADD take files from: a context's directory, a stage, an image. */
export interface SourceTree {
  /** For people: `the context`, `stage "build"`. */
  readonly label: string;
  /** What stands at exactly this path; links in the middle are not followed. Hard links come as the files they are. */
  lookup(path: ImagePath): Entry | undefined;
  /** Follows links inside the root: absolute ones begin there, `..` never leaves it. */
  resolve(path: ImagePath, options?: ResolveOptions): Resolved;
  /** In byte order of their names; nothing for what is no directory. */
  children(path: ImagePath): Iterable<Entry>;
  content(file: FileEntry): Content;
  /** Of the content; at once where it is known or the file is small. */
  hash(file: FileEntry): Digest | Promise<Digest>;
  /** The same text for all names of one file; absent for a file of one name. */
  linkId(file: FileEntry): string | undefined;
  /** Fails with LAYER_SOURCE_CHANGED where the file is not any more what `lookup` said; call after its content was read. */
  confirm?(file: FileEntry): void;
  /** Where the rule stands that leaves out a path which is on the disk: `.dockerignore:3`. */
  ignoredBy?(path: ImagePath): string | undefined;
}
