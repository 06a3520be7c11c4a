import type { Digest, ImagePath } from '../base/brand.ts';
import { fromUtf8 } from '../base/bytes.ts';
import { digestOf } from '../base/digest.ts';
import { childOf, rootPath } from '../base/image-path.ts';
import type { Entry, FileEntry } from '../archive/entry.ts';
import type { InlineFile } from '../contract/model.ts';
import { followLinks } from './follow-links.ts';
import { madeAt, madeDirectory, madeFile } from './made.ts';
import type { SourceTree } from './source-tree.ts';

/** The path an inline file has in its tree: its name is one component, whatever it holds. */
export const inlinePath = (file: InlineFile): ImagePath =>
  childOf(rootPath, fromUtf8(file.name).replaceAll('/', '_') || '_');

/** The heredocs of a COPY or ADD as a source of files. */
export function inlineTree(file: InlineFile): SourceTree {
  const path = inlinePath(file);
  const made = { uid: 0, gid: 0, mtime: madeAt };
  const root: Entry = { type: 'directory', path: rootPath, mode: madeDirectory, ...made };
  const entry: FileEntry = { type: 'file', path, mode: madeFile, size: file.content.length, ...made };
  const lookup = (at: ImagePath): Entry | undefined => (at === path ? entry : at === rootPath ? root : undefined);
  return {
    label: `the inline file "${file.name}"`,
    lookup,
    resolve: (at, how) => followLinks(lookup, at, how),
    children: (at) => (at === rootPath ? [entry] : []),
    content: () => ({ from: 'bytes', bytes: file.content }),
    hash: (): Digest => digestOf(file.content),
    linkId: () => undefined,
  };
}
