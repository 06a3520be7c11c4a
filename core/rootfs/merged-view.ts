import type { ImagePath } from '../base/brand.ts';
import { parentOf, rootPath } from '../base/image-path.ts';
import type { Entry, LayerIndex, PlainEntry } from '../archive/entry.ts';
import { followLinks } from './follow-links.ts';
import { layerStack, type Found, type LayerNumber } from './layer-stack.ts';
import type { ResolveOptions, Resolved } from './source-tree.ts';

/** The file tree of an image as its layer indexes tell it. Nothing is unpacked and nothing merged beforehand. */
export interface MergedView {
  /** What stands at exactly this path, as lstat says it: a hard link is the file it names, a link is itself. */
  lookup(path: ImagePath): Entry | undefined;
  /** Follows links inside the root: absolute ones begin there, `..` never leaves it. */
  resolve(path: ImagePath, options?: ResolveOptions): Resolved;
  /** In byte order of their names; nothing for what is no directory. */
  children(path: ImagePath): Iterable<Entry>;
  /** `path` itself and all below it, directories before what is in them. */
  walk(path?: ImagePath): Iterable<Entry>;
  /** Content kept with the index of the layer that has the file; links are followed. */
  kept(path: ImagePath): Uint8Array | undefined;
  /** Where the content of a file lies: the number of the layer, 0 the base's first, and the path in it. */
  layerOf(path: ImagePath): { readonly layer: LayerNumber; readonly path: ImagePath } | undefined;
}

/** Merges layers by need: a lookup costs a few binary searches in the layers that have something to say there. */
export function mergedView(indexes: readonly LayerIndex[]): MergedView {
  const stack = layerStack(indexes);
  const root = seen(indexes, { ...stack.root, isThere: true }, rootPath)!;
  const directories = new Map<ImagePath, Spot | undefined>([[rootPath, root]]);

  /** The directory at this path; `undefined` where there is none. */
  const directoryAt = (path: ImagePath): Spot | undefined => {
    if (directories.has(path)) return directories.get(path);
    const found = spotAt(path);
    const directory = found?.entry.type === 'directory' ? found : undefined;
    directories.set(path, directory);
    return directory;
  };

  const listings = listingCache((directory, spot) => stack.list(spot.below, directory));
  const spotAt = (path: ImagePath): Spot | undefined => {
    if (path === rootPath) return root;
    const parent = parentOf(path);
    const above = directoryAt(parent);
    if (!above) return undefined;
    const found = listings(parent, above, path);
    return found && seen(indexes, found === 'unlisted' ? stack.find(above.below, path) : found, path);
  };

  const lookup = (path: ImagePath): Entry | undefined => spotAt(path)?.entry;
  const resolve = (path: ImagePath, options?: ResolveOptions): Resolved => followLinks(lookup, path, options);

  function* children(path: ImagePath): Iterable<Entry> {
    const directory = directoryAt(path);
    if (!directory) return;
    for (const [child, found] of stack.list(directory.below, path)) {
      const spot = seen(indexes, found, child);
      if (spot) yield spot.entry;
    }
  }

  function* walk(path: ImagePath = rootPath): Iterable<Entry> {
    const spot = spotAt(path);
    if (!spot) return;
    yield spot.entry;
    yield* walkBelow(spot, path);
  }

  function* walkBelow(directory: Spot, path: ImagePath): Iterable<Entry> {
    if (directory.entry.type !== 'directory') return;
    for (const [child, found] of stack.list(directory.below, path)) {
      const spot = seen(indexes, found, child);
      if (!spot) continue;
      yield spot.entry;
      yield* walkBelow(spot, child);
    }
  }

  const layerOf = (path: ImagePath) => {
    const spot = spotAt(path);
    if (spot?.layer === undefined || spot.entry.type !== 'file') return undefined;
    return { layer: spot.layer, path: spot.inLayer };
  };

  const kept = (path: ImagePath): Uint8Array | undefined => {
    const at = layerOf(resolve(path).path);
    return at && indexes[at.layer]!.kept(at.path);
  };
  return { lookup, resolve, children, walk, kept, layerOf };
}

/** Lookups in one directory until its names are listed, and how many listed ones are kept. */
const listAfter = 32;
const mostListed = 8;

/** Who looks for many names in a directory is better served by a list of all of them. */
function listingCache(list: (directory: ImagePath, spot: Spot) => Iterable<readonly [ImagePath, Found]>) {
  const counts = new WeakMap<Spot, number>();
  const listed = new Map<ImagePath, ReadonlyMap<ImagePath, Found>>();
  return (directory: ImagePath, spot: Spot, path: ImagePath): Found | 'unlisted' | undefined => {
    const names = listed.get(directory);
    if (names) return names.get(path);
    const count = (counts.get(spot) ?? 0) + 1;
    counts.set(spot, count);
    // One layer is searched as quickly as a list.
    if (count < listAfter || spot.below.length < 2) return 'unlisted';
    counts.delete(spot);
    const fresh = new Map(list(directory, spot));
    if (listed.size === mostListed) listed.delete(listed.keys().next().value!);
    listed.set(directory, fresh);
    return fresh.get(path);
  };
}

/** One path of the view. */
interface Spot {
  readonly entry: Entry;
  /** The layer that has the entry; absent for directories no layer lists. */
  readonly layer?: LayerNumber;
  /** Where in the layer the entry stands: elsewhere, for a hard link. */
  readonly inLayer: ImagePath;
  /** The layers whose entries below show, uppermost first. */
  readonly below: readonly LayerNumber[];
}

function seen(indexes: readonly LayerIndex[], found: Found, path: ImagePath): Spot | undefined {
  const { entry, layer, isThere, below } = found;
  if (!isThere) return undefined;
  if (!entry || layer === undefined) return { entry: impliedDirectory(path), below, inLayer: path };
  if (entry.type !== 'hardlink') return { entry, layer, below, inLayer: path };
  const file = linkedFile(indexes[layer]!, entry.target);
  return file && { entry: { ...file, path }, layer, below, inLayer: file.path };
}

/** A directory that files lie in and no layer lists: what every unpacker makes of it. */
const impliedDirectory = (path: ImagePath): PlainEntry => ({
  type: 'directory',
  path,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
});

/** Hard links may go through other hard links of their layer; one that leads nowhere is no file. */
function linkedFile(index: LayerIndex, target: ImagePath): Entry | undefined {
  let entry = index.get(target);
  for (let hops = 0; entry?.type === 'hardlink' && hops < 40; hops++) entry = index.get(entry.target);
  return entry?.type === 'hardlink' ? undefined : entry;
}

/** An image without any layer: what scratch is, and what `--link` composes on. */
export const emptyView = (): MergedView => mergedView([]);
