import type { ImagePath } from '../base/brand.ts';
import { parentOf, rootPath } from '../base/image-path.ts';
import type { Entry, LayerIndex, PlainEntry } from '../archive/entry.ts';
import { followLinks } from './follow-links.ts';
import { layerStack, type Found, type LayerNumber } from './layer-stack.ts';
import type { ResolveOptions, Resolved } from './source-tree.ts';

/** The file tree of an image as its layer indexes tell it. Nothing is unpacked and nothing merged beforehand. */
export interface MergedView {
  /** What stands at exactly this path, as lstat says it; links in the middle are not followed. */
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
  contentAt(path: ImagePath): { readonly layer: LayerNumber; readonly path: ImagePath } | undefined;
}

/** Merges layers by need: a lookup costs a few binary searches in the layers that have something to say there. */
export function mergedView(indexes: readonly LayerIndex[]): MergedView {
  const stack = layerStack(indexes);
  const root = seen({ ...stack.root, isThere: true }, rootPath)!;
  const directories = new Map<ImagePath, Spot | undefined>([[rootPath, root]]);

  /** The directory at this path; `undefined` where there is none. */
  const directoryAt = (path: ImagePath): Spot | undefined => {
    if (directories.has(path)) return directories.get(path);
    const found = spotAt(path);
    const directory = found?.entry.type === 'directory' ? found : undefined;
    directories.set(path, directory);
    return directory;
  };

  const spotAt = (path: ImagePath): Spot | undefined => {
    if (path === rootPath) return root;
    const above = directoryAt(parentOf(path));
    return above && seen(stack.find(above.below, path), path);
  };

  const lookup = (path: ImagePath): Entry | undefined => spotAt(path)?.entry;
  const resolve = (path: ImagePath, options?: ResolveOptions): Resolved => followLinks(lookup, path, options);

  function* children(path: ImagePath): Iterable<Entry> {
    const directory = directoryAt(path);
    if (!directory) return;
    for (const [child, found] of stack.list(directory.below, path)) {
      const spot = seen(found, child);
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
      const spot = seen(found, child);
      if (!spot) continue;
      yield spot.entry;
      yield* walkBelow(spot, child);
    }
  }

  const contentAt = (path: ImagePath) => {
    const spot = spotAt(path);
    if (spot?.layer === undefined) return undefined;
    if (spot.entry.type === 'file') return { layer: spot.layer, path };
    if (spot.entry.type !== 'hardlink') return undefined;
    return { layer: spot.layer, path: fileOf(indexes[spot.layer]!, spot.entry.target) };
  };

  const kept = (path: ImagePath): Uint8Array | undefined => {
    const at = contentAt(resolve(path).path);
    return at && indexes[at.layer]!.kept(at.path);
  };
  return { lookup, resolve, children, walk, kept, contentAt };
}

/** One path of the view. */
interface Spot {
  readonly entry: Entry;
  /** The layer that has the entry; absent for directories no layer lists. */
  readonly layer?: LayerNumber;
  /** The layers whose entries below show, uppermost first. */
  readonly below: readonly LayerNumber[];
}

function seen({ entry, layer, isThere, below }: Found, path: ImagePath): Spot | undefined {
  if (!isThere) return undefined;
  return { entry: entry ?? impliedDirectory(path), below, ...(layer !== undefined && { layer }) };
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

/** Hard links may go through other hard links of their layer. */
function fileOf(index: LayerIndex, target: ImagePath): ImagePath {
  let at = target;
  for (let hops = 0; hops < 40; hops++) {
    const entry = index.get(at);
    if (entry?.type !== 'hardlink') return at;
    at = entry.target;
  }
  return at;
}

/** An image without any layer: what scratch is, and what `--link` composes on. */
export const emptyView = (): MergedView => mergedView([]);
