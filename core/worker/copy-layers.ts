import type { Digest, DiffId, HostPath, ImagePath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { Content, LayerIndex } from '../archive/entry.ts';
import { packLayer, type PackedLayer as Packed } from '../archive/pack-layer.ts';
import type { CopyRequest, PackedLayer } from '../contract/isolation.ts';
import type { Layer } from '../contract/model.ts';
import type { Store } from '../contract/store.ts';
import { accountsOf } from '../rootfs/accounts.ts';
import { composeCopy } from '../rootfs/compose-copy.ts';
import { hostPaths } from '../rootfs/host-path.ts';
import { extractContents } from '../rootfs/layer-content.ts';
import { layerTree } from '../rootfs/layer-tree.ts';
import { mergedView } from '../rootfs/merged-view.ts';
import { select, type Selection } from '../rootfs/select-sources.ts';
import { digestSelection } from '../rootfs/selection-digest.ts';
import { storeLayer } from '../steps/store-layer.ts';
import { readFault } from '../store/read-fault.ts';

export interface CopyFiles {
  readonly store: Store;
  /** Where the layer lies unpacked. */
  unpacked(diffId: DiffId): HostPath | undefined;
  /** A fresh directory for files taken out of layers that are not. */
  directory(): Promise<HostPath>;
}

export interface LayerCopier {
  copy(request: CopyRequest): Promise<PackedLayer>;
  sourcesDigest(request: CopyRequest): Promise<Digest>;
}

/** Carries out COPY from stages and images: from indexes, unpacked layers, and the blobs of layers that are not. */
export function layerCopier(files: CopyFiles): LayerCopier {
  const { store } = files;
  const extracted = new Map<string, HostPath>();

  const copy = async (request: CopyRequest): Promise<PackedLayer> => {
    const selection = await openSelection(request, files, extracted, () => true);
    const onto = mergedView(await indexesOf(request.onto, store));
    let packed: Packed | undefined;
    let entries = 0;
    const layer = await storeLayer(store, async (write) => {
      const composed = composeCopy(request.action, selection, onto, accountsOf(onto.kept));
      packed = await packLayer(
        counted(composed, () => entries++),
        { compression: request.compression, write },
      );
      return packed;
    });
    return { layer, tarSize: packed!.tarSize, entries };
  };

  const sourcesDigest = async (request: CopyRequest): Promise<Digest> =>
    digestSelection(await openSelection(request, files, extracted, (file) => file.hash === undefined));
  return { copy, sourcesDigest };
}

async function* counted<T>(items: Iterable<T> | AsyncIterable<T>, count: () => void): AsyncGenerator<T, void> {
  for await (const item of items) {
    count();
    yield item;
  }
}

type Needs = (file: { readonly hash?: Digest }) => boolean;

/** What the request names, with the content of all files that are needed at hand. */
async function openSelection(
  { action, from }: CopyRequest,
  files: CopyFiles,
  extracted: Map<string, HostPath>,
  needs: Needs,
): Promise<Selection> {
  const { origin } = action;
  const indexes = await indexesOf(
    from.map((layer) => layer.diffId),
    files.store,
  );
  const unpacked = from.map((layer) => {
    const directory = files.unpacked(layer.diffId);
    return directory && hostPaths(directory);
  });
  const contentOf = (at: number, path: ImagePath): Content => {
    const file = unpacked[at]?.(path) ?? extracted.get(keyOf(from[at]!, path));
    if (file === undefined) throw problem('LAYER_LOST', { digest: from[at]!.descriptor.digest });
    return { from: 'file', path: file };
  };
  const label = origin.kind === 'context' ? 'the context' : origin.label;
  const selection = select(action, layerTree({ label, indexes, contentOf }));
  const wanted = wantedFiles(
    selection,
    indexes,
    (at, path) => !unpacked[at] && !extracted.has(keyOf(from[at]!, path)),
    needs,
  );
  for (const [at, paths] of wanted) {
    const layer = from[at]!;
    if (!(await files.store.blobs.has(layer.descriptor.digest)))
      throw problem('LAYER_LOST', { digest: layer.descriptor.digest });
    const blob = files.store.blobs.open(layer.descriptor.digest);
    const directory = await files.directory();
    const found = await extractContents(blob, paths, directory).catch(async (error: unknown) => {
      throw await readFault(error, layer.descriptor.digest, files.store.blobs);
    });
    for (const [path, file] of found) extracted.set(keyOf(layer, path), file);
  }
  return selection;
}

const keyOf = (layer: Layer, path: ImagePath): string => `${layer.diffId} ${path}`;

/** By layer: the files whose content is not at hand. */
function wantedFiles(
  { items }: Selection,
  indexes: readonly LayerIndex[],
  isAbsent: (layer: number, path: ImagePath) => boolean,
  needs: Needs,
): ReadonlyMap<number, ReadonlySet<ImagePath>> {
  const view = mergedView(indexes);
  const wanted = new Map<number, Set<ImagePath>>();
  for (const item of items.filter(({ pattern }) => pattern !== undefined)) {
    for (const entry of view.walk(item.path)) {
      if (entry.type !== 'file' || entry.size === 0 || !needs(entry)) continue;
      const { layer, path } = view.layerOf(entry.path)!;
      if (!isAbsent(layer, path)) continue;
      const paths = wanted.get(layer) ?? new Set();
      wanted.set(layer, paths.add(path));
    }
  }
  return wanted;
}

async function indexesOf(diffIds: readonly DiffId[], store: Store): Promise<LayerIndex[]> {
  return Promise.all(
    diffIds.map(async (diffId) => {
      const index = await store.indexes.get(diffId);
      if (!index)
        throw problem('INTERNAL', { reason: `The index of the layer ${diffId} was not brought to the store.` });
      return index;
    }),
  );
}
