import { createHash } from 'node:crypto';
import type { Digest, ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { Content, FileEntry, LayerIndex } from '../archive/entry.ts';
import { openContent } from './content.ts';
import type { LayerNumber } from './layer-stack.ts';
import { mergedView } from './merged-view.ts';
import type { SourceTree } from './source-tree.ts';

export interface LayerTreeOptions {
  readonly label: string;
  /** Base's first. */
  readonly indexes: readonly LayerIndex[];
  /** Content of a file of one layer; 0 is the first. Called when the file is about to be packed or hashed. */
  readonly contentOf: (layer: LayerNumber, path: ImagePath) => Content;
}

/** A stage or an image as a source of files: owners and modes are its own. */
export function layerTree({ label, indexes, contentOf }: LayerTreeOptions): SourceTree {
  const view = mergedView(indexes);
  /** By layer: files that have several names in it. Found by one walk through the index, where needed. */
  const linked = new Map<LayerNumber, ReadonlySet<ImagePath>>();
  const linkedIn = (layer: LayerNumber): ReadonlySet<ImagePath> => {
    const known = linked.get(layer) ?? linkTargets(indexes[layer]!);
    linked.set(layer, known);
    return known;
  };
  const placeOf = (file: FileEntry) => {
    const place = view.layerOf(file.path);
    if (!place)
      throw problem('LAYER_ENTRY_IMPOSSIBLE', { path: toUtf8(file.path), reason: `${label} does not have it` });
    return place;
  };
  const content = (file: FileEntry): Content => {
    const { layer, path } = placeOf(file);
    return file.size === 0 ? { from: 'bytes', bytes: new Uint8Array() } : contentOf(layer, path);
  };
  return {
    label,
    lookup: view.lookup,
    resolve: view.resolve,
    children: view.children,
    content,
    hash: (file) => file.hash ?? hashContent(content(file)),
    linkId(file) {
      const { layer, path } = placeOf(file);
      return linkedIn(layer).has(path) ? `${layer}:${path}` : undefined;
    },
  };
}

function linkTargets(index: LayerIndex): ReadonlySet<ImagePath> {
  const targets = new Set<ImagePath>();
  for (const entry of index.walk()) {
    if (entry.type !== 'hardlink') continue;
    let target = entry.target;
    for (let at = index.get(target), hops = 0; at?.type === 'hardlink' && hops < 40; at = index.get(target), hops++)
      target = at.target;
    targets.add(target);
  }
  return targets;
}

async function hashContent(content: Content): Promise<Digest> {
  const running = createHash('sha256');
  for await (const chunk of openContent(content)) running.update(chunk);
  return `sha256:${running.digest('hex')}` as Digest;
}
