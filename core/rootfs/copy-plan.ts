import type { ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { ancestorsOf, childOf, isWithin, parentOf, rootPath } from '../base/image-path.ts';
import type { Entry, EntryType, PlainEntry } from '../archive/entry.ts';
import type { CopyAction } from '../contract/model.ts';
import type { Owner } from './accounts.ts';
import { followLinks } from './follow-links.ts';
import { madeAt, madeDirectory } from './made.ts';
import type { MergedView } from './merged-view.ts';
import type { SelectedItem } from './select-sources.ts';
import type { UnpackedArchive } from './unpacked-archive.ts';

/** Where one selected item goes. */
export type Placement = {
  /** Later items win over earlier ones. */
  readonly order: number;
  readonly item: SelectedItem;
  /** No component of it is a link. */
  readonly target: ImagePath;
} & (
  | { readonly kind: 'file' }
  /** What is in a directory, into the directory at `target`. */
  | { readonly kind: 'contents' }
  | { readonly kind: 'archive'; readonly archive: UnpackedArchive }
);

/** A directory that the step makes because something goes below it. */
export interface MadeDirectory {
  readonly order: number;
  readonly entry: PlainEntry;
}

export interface CopyPlan {
  readonly placements: readonly Placement[];
  readonly made: ReadonlyMap<ImagePath, MadeDirectory>;
}

/** What the options of a COPY or ADD make of a mode and an owner. */
export interface CopyOptions {
  /** Absent: as the source has it. */
  readonly owner?: Owner;
  changeMode(mode: number, isDirectory: boolean): number;
  /** Mode of the directories that are made on the way. */
  readonly madeMode: number;
}

/** Settles where items go, one after another: each sees what those before it have put there. */
export interface CopyPlanner {
  place(item: SelectedItem): void;
  /** The directory that an archive is unpacked into; made where it is missing. */
  archiveTarget(item: SelectedItem): ImagePath;
  placeArchive(item: SelectedItem, target: ImagePath, archive: UnpackedArchive): void;
  /** The destination's tree as far as it is settled. */
  lookup(path: ImagePath): Entry | undefined;
  readonly plan: CopyPlan;
}

export function copyPlanner(action: CopyAction, options: CopyOptions, onto: MergedView): CopyPlanner {
  const placements: Placement[] = [];
  const made = new Map<ImagePath, MadeDirectory>();
  const settled = settledTree((path) => made.get(path)?.entry ?? onto.lookup(path));
  const { lookup } = settled;
  const resolve = (path: ImagePath): ImagePath => followLinks(lookup, path).path;

  /** As `mkdir -p`; `path` is resolved. */
  const makeAll = (path: ImagePath, item: SelectedItem, mode: number, mtime = madeAt): void => {
    for (const directory of path === rootPath ? [] : [...ancestorsOf(path), path]) {
      const there = lookup(directory);
      if (there?.type === 'directory') continue;
      if (there) throw clash(item, directory, there.type, 'directory');
      const { uid, gid } = options.owner ?? { uid: 0, gid: 0 };
      const entry: PlainEntry = { type: 'directory', path: directory, mode, uid, gid, mtime };
      made.set(directory, {
        order: placements.length,
        entry: directory === path ? entry : { ...entry, mtime: madeAt },
      });
    }
  };
  const add = (placement: Placement): void => {
    placements.push(placement);
    settled.add(placement);
  };

  const place = (item: SelectedItem): void => {
    const mode = options.madeMode;
    makeAll(resolve(action.intoDirectory ? action.destination : parentOf(action.destination)), item, mode);
    const destination = resolve(action.destination);
    const there = lookup(destination);
    if (item.entry.type === 'directory') {
      // The named directory lends nothing but its time: what it is called and how it is protected stays behind.
      makeAll(destination, item, mode, item.entry.mtime);
      add({ kind: 'contents', order: placements.length, item, target: destination });
      return;
    }
    // A link of the item's name in a directory is replaced; only the destination as written is followed.
    const target = there?.type === 'directory' ? childOf(destination, item.name) : destination;
    makeAll(parentOf(target), item, mode);
    add({ kind: 'file', order: placements.length, item, target });
  };

  return {
    place,
    archiveTarget(item) {
      const target = resolve(action.destination);
      makeAll(target, item, madeDirectory);
      return target;
    },
    placeArchive: (item, target, archive) => add({ kind: 'archive', order: placements.length, item, target, archive }),
    lookup,
    plan: { placements, made },
  };
}

/** The destination with what was placed so far. */
function settledTree(below: (path: ImagePath) => Entry | undefined) {
  const files = new Map<ImagePath, Placement>();
  const trees: Placement[] = [];
  return {
    add(placement: Placement): void {
      if (placement.kind === 'file') files.set(placement.target, placement);
      else trees.push(placement);
    },
    lookup(path: ImagePath): Entry | undefined {
      const file = files.get(path);
      for (let at = trees.length - 1; at >= 0 && trees[at]!.order > (file?.order ?? -1); at--) {
        const tree = trees[at]!;
        if (!isWithin(tree.target, path) || path === tree.target) continue;
        const found = entryIn(tree, path);
        if (found || (tree.kind === 'archive' && tree.archive.hides(path))) return found;
      }
      return file?.item.entry ?? below(path);
    },
  };
}

/** What a placed tree has at a path of the destination. */
function entryIn(placement: Placement, path: ImagePath): Entry | undefined {
  if (placement.kind === 'archive') return placement.archive.lookup(path)?.entry;
  return placement.item.from.lookup(sourceOf(placement, path));
}

/** The path in the source of what goes to `path`, which is at or below the target. */
export function sourceOf({ item, target }: Placement, path: ImagePath): ImagePath {
  if (path === target) return item.path;
  const below = target === rootPath ? path : path.slice(target.length);
  return (item.path === rootPath ? below : item.path + below) as ImagePath;
}

export const clash = (item: SelectedItem, path: ImagePath, there: EntryType, wanted: EntryType) =>
  problem(
    'COPY_DESTINATION_CLASH',
    {
      source: item.pattern ? toUtf8(item.pattern.pattern) : toUtf8(item.name),
      destination: toUtf8(path),
      there,
      wanted,
    },
    item.pattern ? { at: item.pattern.at } : {},
  );
