import type { ImagePath } from '../base/brand.ts';
import { ancestorsOf, childOf, nameOf, parentOf, rootPath } from '../base/image-path.ts';
import type { Entry, HardlinkEntry } from '../archive/entry.ts';
import { clash, sourceOf, type CopyPlan, type Placement } from './copy-plan.ts';

/** Trees give hard links as the files they are. */
export type Plain = Exclude<Entry, HardlinkEntry>;

/** One thing that goes to a path. */
export interface Arrival {
  readonly order: number;
  /** In the source; directories may be merged with what is there. */
  readonly entry: Plain;
  /** Absent: a directory the step makes. */
  readonly placement?: Placement;
  /** Takes over the mode and owner of a directory that is there. */
  readonly overwrites: boolean;
  /** Takes the place of whatever is there. */
  readonly replaces: boolean;
  /** Of what comes out of an archive: its number there, or that the archive left it out. */
  readonly ordinal?: number;
  readonly isImplied?: boolean;
}

/** What has become of a path. */
export interface Outcome {
  entry: Plain | undefined;
  /** What it came from; absent: it was there. */
  arrival: Arrival | undefined;
  hasChanged: boolean;
  /** Placements with something below it. */
  sources: Placement[];
  /** Do children of the image show? */
  inImage: boolean;
}

/** Where a plan puts things, by path. */
export interface Targets {
  /** Files that go to exactly this path. */
  files(path: ImagePath): readonly Placement[];
  /** Trees whose contents go into this directory. */
  trees(path: ImagePath): readonly Placement[];
  /** Children of a directory that are targets, or lead to one. */
  below(path: ImagePath): ReadonlySet<ImagePath> | undefined;
}

export function targetsOf({ placements, made }: CopyPlan): Targets {
  const files = new Map<ImagePath, Placement[]>();
  const trees = new Map<ImagePath, Placement[]>();
  const below = new Map<ImagePath, Set<ImagePath>>();
  const reach = (path: ImagePath): void => {
    if (path === rootPath) return;
    for (const step of [...ancestorsOf(path), path]) {
      const names = below.get(parentOf(step));
      if (names) names.add(step);
      else below.set(parentOf(step), new Set([step]));
    }
  };
  for (const placement of placements) {
    const kind = placement.kind === 'file' ? files : trees;
    kind.set(placement.target, [...(kind.get(placement.target) ?? []), placement]);
    reach(placement.target);
  }
  for (const path of made.keys()) reach(path);
  return {
    files: (path) => files.get(path) ?? [],
    trees: (path) => trees.get(path) ?? [],
    below: (path) => below.get(path),
  };
}

/** A thing of a copied tree; directories inside it bring their modes and owners with them, also to those that are there. */
export const inTree = (placement: Placement, entry: Plain): Arrival => ({
  order: placement.order,
  entry,
  placement,
  overwrites: true,
  replaces: false,
});

/** Everything that goes right below a directory, by path in byte order, and for each in the order of the sources. */
export function arrivalsBelow(
  path: ImagePath,
  plan: CopyPlan,
  targets: Targets,
  sources: readonly Placement[],
): Iterable<readonly [path: ImagePath, arrivals: readonly Arrival[]]> {
  const arrivals = new Map<ImagePath, Arrival[]>();
  const at = (child: ImagePath): Arrival[] => {
    const there = arrivals.get(child) ?? [];
    arrivals.set(child, there);
    return there;
  };
  for (const child of targets.below(path) ?? []) {
    const made = plan.made.get(child);
    at(child).push(
      ...(made ? [{ order: made.order, entry: made.entry as Plain, overwrites: false, replaces: false }] : []),
      ...targets.files(child).map((placement) => inTree(placement, placement.item.entry as Plain)),
    );
  }
  for (const source of sources) for (const [child, arrival] of arrivalsOf(source, path)) at(child).push(arrival);
  return [...arrivals.keys()].sort().map((child) => [child, arrivals.get(child)!.sort((a, b) => a.order - b.order)]);
}

function* arrivalsOf(placement: Placement, path: ImagePath): Iterable<readonly [ImagePath, Arrival]> {
  const { order } = placement;
  if (placement.kind === 'archive') {
    for (const { entry, ordinal, isImplied } of placement.archive.children(path))
      yield [entry.path, { order, entry, placement, overwrites: !isImplied, replaces: true, ordinal, isImplied }];
    return;
  }
  for (const entry of placement.item.from.children(sourceOf(placement, path)))
    yield [childOf(path, nameOf(entry.path)), inTree(placement, entry as Plain)];
}

/** Lets everything that goes to a path arrive, in order. */
export function settle(path: ImagePath, arrivals: readonly Arrival[], there: Plain | undefined): Outcome {
  const inImage = there?.type === 'directory';
  const outcome: Outcome = { entry: there, arrival: undefined, hasChanged: false, sources: [], inImage };
  for (const arrival of arrivals) {
    const { entry, placement } = arrival;
    const isDirectory = entry.type === 'directory';
    const meets = outcome.entry?.type;
    const merges = isDirectory && meets === 'directory';
    if (meets !== undefined && !merges && (isDirectory || meets === 'directory') && !arrival.replaces)
      throw clash(placement!.item, path, meets, entry.type);
    if (!merges || (placement?.kind === 'archive' && placement.archive.hides(path))) {
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
  return outcome;
}
