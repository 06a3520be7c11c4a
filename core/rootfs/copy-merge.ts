import type { ImagePath } from '../base/brand.ts';
import { ancestorsOf, childOf, nameOf, parentOf, rootPath } from '../base/image-path.ts';
import type { Entry, FileEntry, HardlinkEntry, PackEntry } from '../archive/entry.ts';
import { clash, sourceOf, type CopyOptions, type CopyPlan, type Placement } from './copy-plan.ts';
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

type Plain = Exclude<Entry, HardlinkEntry>;

/** One thing that goes to a path. */
interface Arrival {
  readonly order: number;
  /** In the source; directories may be merged with what is there. */
  readonly entry: Plain;
  /** Absent: a directory the step makes. */
  readonly placement?: Placement;
  /** Takes over the mode and owner of a directory that is there. */
  readonly overwrites: boolean;
  /** Takes the place of whatever is there. */
  readonly replaces: boolean;
  readonly ordinal?: number;
}

/** What has become of a path. */
interface Outcome {
  entry: Plain | undefined;
  /** What it came from; absent: it was there, or is made. */
  arrival: Arrival | undefined;
  hasChanged: boolean;
  /** Directories whose children are merged here. */
  sources: Placement[];
  /** Do children of the image show? */
  inImage: boolean;
}

/**
 * Merges what goes into the image with what is there, directory by directory and name by name: nothing larger than one
 * directory's names is held, however many files there are.
 */
export function copyMerge(plan: CopyPlan, options: CopyOptions, onto: MergedView): CopyMerge {
  const { at: placedAt, below } = targetsOf(plan);
  const shares = new Map<Placement, Map<number, FileEntry[]>>();
  /** First name of every file with several, by placement and link. */
  const firstNames = new Map<string, ImagePath>();
  /** Directories that were there; they come when something below them does. */
  const waiting: PackEntry[] = [];

  function* inDirectory(path: ImagePath, sources: readonly Placement[], inImage: boolean): Iterable<PackEntry> {
    const [only] = sources;
    const named = below.get(path);
    if (only?.kind === 'contents' && sources.length === 1 && !named) {
      for (const entry of only.item.from.children(sourceOf(only, path)))
        yield* at(childOf(path, nameOf(entry.path)), [nested(only, entry as Plain)], inImage);
      return;
    }
    const arrivals = new Map<ImagePath, Arrival[]>();
    const add = (child: ImagePath, arrival: Arrival): void => {
      const there = arrivals.get(child);
      if (there) there.push(arrival);
      else arrivals.set(child, [arrival]);
    };
    for (const child of named ?? []) {
      const made = plan.made.get(child);
      if (made) add(child, { order: made.order, entry: made.entry as Plain, overwrites: false, replaces: false });
      else arrivals.set(child, arrivals.get(child) ?? []);
      for (const placement of placedAt.get(child) ?? []) if (placement.kind === 'file') add(child, asFile(placement));
    }
    for (const source of sources) for (const [child, arrival] of arrivalsIn(source, path)) add(child, arrival);
    for (const child of [...arrivals.keys()].sort())
      yield* at(
        child,
        arrivals.get(child)!.sort((a, b) => a.order - b.order),
        inImage,
      );
  }

  function* at(path: ImagePath, arrivals: readonly Arrival[], inImage: boolean): Iterable<PackEntry> {
    const there = inImage ? (onto.lookup(path) as Plain | undefined) : undefined;
    const outcome = settle(path, arrivals, there);
    const { entry, arrival, hasChanged } = outcome;
    if (!entry) return;
    if (entry.type !== 'directory') {
      if (!hasChanged) return;
      yield* arrived();
      yield* nonDirectory(path, entry, arrival!);
      return;
    }
    const shown = arrival ? changed(path, arrival) : { ...entry, path };
    waiting.push(shown as PackEntry);
    if (hasChanged) yield* arrived();
    // A directory that was removed and made again shows nothing of the one before.
    if (there?.type === 'directory' && !outcome.inImage) yield { type: 'opaque', path };
    const placed = (placedAt.get(path) ?? []).filter((placement) => placement.kind !== 'file');
    yield* inDirectory(path, inOrder([...outcome.sources, ...placed]), outcome.inImage);
    if (waiting.at(-1) === shown) waiting.pop();
  }

  function* arrived(): Iterable<PackEntry> {
    yield* waiting.splice(0);
  }

  /** The entry as the options want it. */
  const changed = (path: ImagePath, { entry, placement, ordinal }: Arrival): Plain => {
    if (!placement || ordinal === impliedOrdinal) return { ...entry, path };
    const owner = options.owner ?? entry;
    const isKept = entry.type === 'symlink' || placement.kind === 'archive';
    const mode = isKept ? entry.mode : options.changeMode(entry.mode, entry.type === 'directory');
    return { ...entry, path, mode, uid: owner.uid, gid: owner.gid };
  };

  function* nonDirectory(path: ImagePath, entry: Plain, arrival: Arrival): Iterable<PackEntry> {
    const placement = arrival.placement!;
    const it = changed(path, arrival);
    if (it.type !== 'file' || entry.type !== 'file') {
      yield it as PackEntry;
      return;
    }
    if (placement.kind === 'archive') {
      const files = shares.get(placement) ?? new Map<number, FileEntry[]>();
      shares.set(placement, files.set(arrival.ordinal!, [...(files.get(arrival.ordinal!) ?? []), it]));
      return;
    }
    const { from } = placement.item;
    const link = from.linkId(entry);
    const first = link === undefined ? undefined : firstNames.get(`${placement.order}:${link}`);
    if (first !== undefined) {
      const { size: _, hash: __, ...name } = it;
      yield { ...name, type: 'hardlink', target: first };
      return;
    }
    if (link !== undefined) firstNames.set(`${placement.order}:${link}`, path);
    yield { ...it, content: from.content(entry) };
    from.confirm?.(entry);
  }

  return {
    entries: () =>
      inDirectory(
        rootPath,
        inOrder((placedAt.get(rootPath) ?? []).filter((placement) => placement.kind !== 'file')),
        true,
      ),
    *fromArchives() {
      for (const [placement, files] of shares) yield { placement, files };
    },
  };
}

const inOrder = (placements: Placement[]): Placement[] => placements.sort((a, b) => a.order - b.order);

/** Directories an archive left out keep what they are whatever the options say. */
const impliedOrdinal = -2;

const asFile = (placement: Placement): Arrival => ({
  order: placement.order,
  entry: placement.item.entry as Plain,
  placement,
  overwrites: true,
  replaces: false,
});

/** Directories inside a copied tree bring their modes and owners with them, also to those that are there. */
const nested = (placement: Placement, entry: Plain): Arrival => ({
  order: placement.order,
  entry,
  placement,
  overwrites: true,
  replaces: false,
});

function* arrivalsIn(placement: Placement, path: ImagePath): Iterable<readonly [ImagePath, Arrival]> {
  if (placement.kind === 'archive') {
    for (const { entry, ordinal, isImplied } of placement.archive.children(path)) {
      const overwrites = !isImplied;
      const number = isImplied ? impliedOrdinal : ordinal;
      yield [entry.path, { order: placement.order, entry, placement, overwrites, replaces: true, ordinal: number }];
    }
    return;
  }
  for (const entry of placement.item.from.children(sourceOf(placement, path)))
    yield [childOf(path, nameOf(entry.path)), nested(placement, entry as Plain)];
}

/** Lets everything that goes to a path arrive, in order. */
function settle(path: ImagePath, arrivals: readonly Arrival[], there: Plain | undefined): Outcome {
  const inImage = there?.type === 'directory';
  const outcome: Outcome = { entry: there, arrival: undefined, hasChanged: false, sources: [], inImage };
  for (const arrival of arrivals) {
    const { entry, placement } = arrival;
    const isDirectory = entry.type === 'directory';
    const meets = outcome.entry?.type;
    const merges = isDirectory && meets === 'directory';
    const archive = placement?.kind === 'archive' ? placement.archive : undefined;
    if (meets !== undefined && !merges && (isDirectory || meets === 'directory') && !arrival.replaces)
      throw clash(placement!.item, path, meets, entry.type);
    if (!merges || archive?.hides(path)) {
      outcome.sources = [];
      outcome.inImage = false;
    }
    if (!merges || arrival.overwrites) {
      outcome.entry = entry;
      outcome.arrival = arrival;
      outcome.hasChanged = true;
    }
    if (isDirectory && placement) outcome.sources.push(placement);
  }
  if (!outcome.entry || outcome.entry.type !== 'directory') outcome.sources = [];
  return outcome;
}

/** Placements by target, and by directory the names below it that targets and made directories are reached through. */
function targetsOf({ placements, made }: CopyPlan) {
  const at = new Map<ImagePath, Placement[]>();
  const below = new Map<ImagePath, Set<ImagePath>>();
  const reach = (path: ImagePath): void => {
    if (path === rootPath) return;
    for (const step of [...ancestorsOf(path), path]) {
      const names = below.get(parentOf(step)) ?? new Set();
      below.set(parentOf(step), names.add(step));
    }
  };
  for (const placement of placements) {
    at.set(placement.target, [...(at.get(placement.target) ?? []), placement]);
    reach(placement.target);
  }
  for (const path of made.keys()) reach(path);
  return { at, below };
}
