import type { LayerIndex } from '../archive/entry.ts';
import type { CopyAction, Layer } from '../contract/model.ts';
import { layerTree } from '../rootfs/layer-tree.ts';
import { mergedView } from '../rootfs/merged-view.ts';
import { select } from '../rootfs/select-sources.ts';

/** The layers in which the files lie that a COPY from a stage or an image reads; of the others no byte is needed. */
export function neededLayers(
  action: CopyAction,
  layers: readonly Layer[],
  indexes: readonly LayerIndex[],
): readonly Layer[] {
  const view = mergedView(indexes);
  const tree = layerTree({
    label: action.origin.kind === 'context' ? 'the context' : action.origin.label,
    indexes,
    contentOf: () => ({ from: 'bytes', bytes: new Uint8Array() }),
  });
  const needed = new Set<number>();
  for (const item of select(action, tree).items) {
    for (const entry of view.walk(item.path)) {
      const place = entry.type === 'file' && entry.size > 0 ? view.layerOf(entry.path) : undefined;
      if (place) needed.add(place.layer);
    }
  }
  return [...needed].map((at) => layers[at]!);
}
