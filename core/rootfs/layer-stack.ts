import type { ImagePath } from '../base/brand.ts';
import { rootPath } from '../base/image-path.ts';
import { isDeletion, type Entry, type LayerIndex } from '../archive/entry.ts';

/** Place of a layer in its image: 0 is the base's first. */
export type LayerNumber = number;

/** What a stack of layers says of one path. */
export interface Found {
  /** The uppermost entry that shows; of a directory, the uppermost that lists it. */
  entry?: Entry;
  layer?: LayerNumber;
  /** True without an entry: a directory that no layer lists. */
  isThere: boolean;
  /** For directories: the layers whose entries below show, uppermost first. */
  below: LayerNumber[];
}

/** The rules by which layers hide one another (image-spec, layer.md "Applying Changesets", "Whiteouts"). */
export interface LayerStack {
  readonly root: Found;
  /** One path below a directory whose showing layers are `above`. */
  find(above: readonly LayerNumber[], path: ImagePath): Found;
  /** All that is right below such a directory, in byte order of the names. */
  list(above: readonly LayerNumber[], path: ImagePath): Iterable<readonly [path: ImagePath, found: Found]>;
}

export function layerStack(indexes: readonly LayerIndex[]): LayerStack {
  const all = indexes.map((_, at) => indexes.length - 1 - at);
  const find = (above: readonly LayerNumber[], path: ImagePath): Found => {
    const search: Search = { found: { isThere: false, below: [] }, hidesContent: false };
    for (const layer of above) if (!goOn(search, layer, indexes[layer]!, path)) break;
    return search.found;
  };

  function* list(above: readonly LayerNumber[], path: ImagePath): Iterable<readonly [ImagePath, Found]> {
    const names = uppermost(above, indexes, path);
    for (const child of [...names.keys()].sort()) {
      const { said, layer } = names.get(child)!;
      if (said === 'directory') yield [child, find(above, child)];
      else if (said !== 'gone') yield [child, { entry: said, layer, isThere: true, below: [] }];
    }
  }
  return { root: find(all, rootPath), find, list };
}

interface Search {
  readonly found: Found;
  /** Layers further down may still lend a directory their metadata. */
  hidesContent: boolean;
}

/** Takes in what the next layer down says; false once nothing further down can show. */
function goOn(search: Search, layer: LayerNumber, index: LayerIndex, path: ImagePath): boolean {
  const { found } = search;
  const { entry, mark, isHere, isMentioned } = saidOf(index, path);
  if (!isMentioned) return true;
  if (entry && entry.type !== 'directory') {
    // It shows, unless upper layers put a directory here without listing it.
    if (!found.isThere) Object.assign(found, { entry, layer, isThere: true });
    return false;
  }
  if (!search.hidesContent) found.below.push(layer);
  found.isThere ||= isHere;
  if (entry && !found.entry) Object.assign(found, { entry, layer });
  search.hidesContent ||= mark === 'opaque';
  return mark !== 'whiteout' && !(search.hidesContent && found.entry);
}

interface Said {
  entry?: Entry;
  mark?: 'whiteout' | 'opaque';
  /** There is an entry, here or below. Marks alone say that something is gone; they make no directory. */
  isHere: boolean;
  isMentioned: boolean;
}

/** What one layer says of a path. */
function saidOf(index: LayerIndex, path: ImagePath): Said {
  const said: Said = { isHere: false, isMentioned: false };
  // Marks of a path come before its entry, and both before what is below.
  for (const it of index.walk(path)) {
    said.isMentioned = true;
    if (!isDeletion(it)) {
      said.isHere = true;
      if (it.path === path) said.entry = it;
      break;
    }
    if (it.path === path) said.mark ??= it.type;
  }
  return said;
}

interface Uppermost {
  readonly layer: LayerNumber;
  /** Directories are looked at again, as several layers may make one together. */
  readonly said: Entry | 'directory' | 'gone';
}

/** What the uppermost layer that mentions a child says of it. */
function uppermost(
  above: readonly LayerNumber[],
  indexes: readonly LayerIndex[],
  directory: ImagePath,
): Map<ImagePath, Uppermost> {
  const names = new Map<ImagePath, Uppermost>();
  for (const layer of above) {
    const index = indexes[layer]!;
    const say = (path: ImagePath, said: Uppermost['said']): void => {
      const there = names.get(path);
      if (!there || (there.layer === layer && there.said === 'gone')) names.set(path, { layer, said });
    };
    // A mark comes before the entry of its path.
    for (const entry of index.children(directory)) {
      if (entry.type === 'whiteout') say(entry.path, 'gone');
      else say(entry.path, entry.type === 'directory' || isDeletion(entry) ? 'directory' : entry);
    }
    for (const path of index.implied(directory)) say(path, 'directory');
  }
  return names;
}
