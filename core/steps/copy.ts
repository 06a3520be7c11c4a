import { locate, problem } from '../base/errors.ts';
import { packLayer } from '../archive/pack-layer.ts';
import type { PackEntry } from '../archive/entry.ts';
import type { CopyRequest } from '../contract/isolation.ts';
import type { CopyAction, Layer } from '../contract/model.ts';
import { accountsOf, isNamed } from '../rootfs/accounts.ts';
import { composeCopy } from '../rootfs/compose-copy.ts';
import { composeWorkdir } from '../rootfs/compose-workdir.ts';
import { mergedView, type MergedView } from '../rootfs/merged-view.ts';
import type { ImagePath } from '../base/brand.ts';
import type { Bench } from './bench.ts';
import { neededLayers } from './needed-layers.ts';
import { storeLayer } from './store-layer.ts';

/** Composes the layer of a COPY or ADD from indexes: no file of the base is touched. */
export async function performCopy(action: CopyAction, bench: Bench): Promise<Layer> {
  try {
    if (action.origin.kind !== 'context') return await copyFromLayers(action, bench);
    const view = await viewOf(askedLayers(action, bench), bench);
    return await pack(composeCopy(action, bench.selection(), view, accountsOf(view.kept)), bench);
  } catch (error) {
    throw locate(error, { at: bench.step.at, step: bench.step.title });
  }
}

export async function performWorkdir(path: ImagePath, owner: string, bench: Bench): Promise<Layer> {
  const view = await viewOf(bench.layers, bench);
  return pack(composeWorkdir(path, owner, view, accountsOf(view.kept)), bench);
}

/** What of the image so far has a say: with `--link` its accounts alone, and only where names are given. */
const askedLayers = ({ link, owner }: CopyAction, bench: Bench): readonly Layer[] =>
  link && (owner === undefined || !isNamed(owner)) ? [] : bench.layers;

/** What a COPY from a stage or an image needs to be carried out by the isolation, which has the files. */
export async function layersRequest(action: CopyAction, bench: Bench): Promise<CopyRequest> {
  const from = await sourceLayers(action, bench);
  const onto = askedLayers(action, bench);
  const indexes = await Promise.all(from.map((layer) => bench.files.index(layer)));
  await Promise.all(onto.map((layer) => bench.files.index(layer)));
  await bench.files.fetch(neededLayers(action, from, indexes));
  return { action, onto: onto.map((layer) => layer.diffId), from, compression: bench.compression };
}

async function copyFromLayers(action: CopyAction, bench: Bench): Promise<Layer> {
  const request = await layersRequest(action, bench);
  const isolation = await bench.workshop.isolation.open();
  const packed = await isolation.copy(request);
  return packed.layer;
}

async function sourceLayers(action: CopyAction, bench: Bench): Promise<readonly Layer[]> {
  const { origin } = action;
  if (origin.kind === 'image') return origin.image.layers;
  if (origin.kind === 'stage') return bench.layersOf(origin.stage);
  throw problem('INTERNAL', { reason: 'A context has no layers.' });
}

async function viewOf(layers: readonly Layer[], bench: Bench): Promise<MergedView> {
  return mergedView(await Promise.all(layers.map((layer) => bench.files.index(layer))));
}

const pack = (entries: Iterable<PackEntry> | AsyncIterable<PackEntry>, bench: Bench): Promise<Layer> =>
  storeLayer(
    bench.workshop.store,
    (write) => packLayer(entries, { compression: bench.compression, write, signal: bench.workshop.world.signal }),
    bench,
  );
