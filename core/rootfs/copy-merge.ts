import type { ImagePath } from '../base/brand.ts';
import { childOf, nameOf, rootPath } from '../base/image-path.ts';
import type { FileEntry, PackEntry } from '../archive/entry.ts';
import { arrivalsBelow, inTree, settle, targetsOf, type Arrival, type Plain } from './copy-arrivals.ts';
import { sourceOf, type CopyOptions, type CopyPlan, type Placement } from './copy-plan.ts';
import type { MergedView } from './merged-view.ts';

/** A placed archive and what of it is left when everything is in place. */
export interface ArchiveShare {
  readonly placement: Placement;
  /** By the number of the entry that has the content: all names of the file. */
  readonly files: ReadonlyMap<number, readonly FileEntry[]>;
}

export interface CopyMerge {
  /** Everything whose content does not come out of an archive. Call once. */
  entries(): Iterable<PackEntry>;
  /** After `entries`. */
  fromArchives(): Iterable<ArchiveShare>;
}

/**
 * Merges what goes into the image with what is there, directory by directory and name by name: nothing larger than one
 * directory's names is held, however many files there are.
 */
export function copyMerge(plan: CopyPlan, options: CopyOptions, onto: MergedView): CopyMerge {
  const targets = targetsOf(plan);
  const files = fileWriter();
  /** Directories that were there; they come when something below them does. */
  const waiting: PackEntry[] = [];

  function* below(path: ImagePath, sources: readonly Placement[], inImage: boolean): Iterable<PackEntry> {
    const [only] = sources;
    if (only?.kind === 'contents' && sources.length === 1 && !targets.below(path)) {
      for (const entry of only.item.from.children(sourceOf(only, path)))
        yield* at(childOf(path, nameOf(entry.path)), [inTree(only, entry as Plain)], inImage);
      return;
    }
    for (const [child, arrivals] of arrivalsBelow(path, plan, targets, sources)) yield* at(child, arrivals, inImage);
  }

  function* at(path: ImagePath, arrivals: readonly Arrival[], inImage: boolean): Iterable<PackEntry> {
    const there = inImage ? (onto.lookup(path) as Plain | undefined) : undefined;
    const outcome = settle(path, arrivals, there);
    const { entry, arrival, hasChanged } = outcome;
    if (!entry) return;
    const shown = arrival ? changed(path, arrival, options) : { ...entry, path };
    if (entry.type === 'directory') waiting.push(shown as PackEntry);
    if (hasChanged) yield* waiting.splice(0);
    if (entry.type !== 'directory') {
      if (hasChanged) yield* files.write(shown, arrival!);
      return;
    }
    // A directory that was removed and made again shows nothing of the one before.
    if (there?.type === 'directory' && !outcome.inImage) yield { type: 'opaque', path };
    yield* below(path, inOrder([...outcome.sources, ...targets.trees(path)]), outcome.inImage);
    if (waiting.at(-1) === shown) waiting.pop();
  }

  return {
    entries: () => below(rootPath, targets.trees(rootPath), true),
    fromArchives: files.fromArchives,
  };
}

const inOrder = (placements: Placement[]): Placement[] => placements.sort((a, b) => a.order - b.order);

/** The entry as the options want it. What the step makes, or an archive left out, is as it should be. */
function changed(path: ImagePath, { entry, placement, isImplied }: Arrival, options: CopyOptions): Plain {
  if (!placement || isImplied) return { ...entry, path };
  const { uid, gid } = options.owner ?? entry;
  const keepsMode = entry.type === 'symlink' || placement.kind === 'archive';
  const mode = keepsMode ? entry.mode : options.changeMode(entry.mode, entry.type === 'directory');
  return { ...entry, path, mode, uid, gid };
}

/** Gives everything but directories, a file's further names as hard links; puts aside what archives have to give. */
function fileWriter() {
  const shares = new Map<Placement, Map<number, FileEntry[]>>();
  /** First name of every file with several, by placement and link. */
  const firstNames = new Map<string, ImagePath>();

  function* write(shown: Plain, { entry, placement, ordinal }: Arrival): Iterable<PackEntry> {
    if (shown.type !== 'file' || entry.type !== 'file' || !placement) {
      yield shown as PackEntry;
      return;
    }
    if (placement.kind === 'archive') {
      const files = shares.get(placement) ?? new Map<number, FileEntry[]>();
      shares.set(placement, files.set(ordinal!, [...(files.get(ordinal!) ?? []), shown]));
      return;
    }
    const { from } = placement.item;
    const id = from.linkId(entry);
    const link = id && `${placement.order}:${id}`;
    const first = link && firstNames.get(link);
    if (first) {
      yield hardlinkTo(first, shown);
      return;
    }
    if (link) firstNames.set(link, shown.path);
    yield { ...shown, content: from.content(entry) };
    // Whoever asked for the next entry has read this one.
    from.confirm?.(entry);
  }
  function* fromArchives(): Iterable<ArchiveShare> {
    for (const [placement, files] of shares) yield { placement, files };
  }
  return { write, fromArchives };
}

/** Another name of a file of the same layer. */
export function hardlinkTo(target: ImagePath, { path, mode, uid, gid, mtime, xattrs }: FileEntry): PackEntry {
  return { type: 'hardlink', path, mode, uid, gid, mtime, target, ...(xattrs && { xattrs }) };
}
