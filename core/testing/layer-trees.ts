import type { ImagePath } from '../base/brand.ts';
import { rootPath } from '../base/image-path.ts';
import { decompressed } from '../archive/decompress.ts';
import type { Compression, LayerIndex } from '../archive/entry.ts';
import { indexOf } from '../archive/index-stream.ts';
import { openIndex } from '../archive/layer-index.ts';
import { packLayer } from '../archive/pack-layer.ts';
import { tarEntries } from '../archive/tar-entries.ts';
import type { Layer } from '../contract/model.ts';
import type { Store } from '../contract/store.ts';
import { layerMediaType } from '../oci/media-types.ts';
import { mergedView } from '../rootfs/merged-view.ts';
import { nodeOf, treeEntries, treeKey, type Tree, type TreeNode } from './trees.ts';

/** Where the layers of an image are read from. */
export interface LayerReader {
  open(layer: Layer): AsyncIterable<Uint8Array>;
  /** Absent: made out of the bytes. */
  index?(layer: Layer): Promise<LayerIndex>;
}

/** The files of an image as a literal: what is visible of all its layers, content included. */
export async function layersTree(layers: readonly Layer[], reader: LayerReader): Promise<Tree> {
  const view = mergedView(
    await Promise.all(layers.map((layer) => reader.index?.(layer) ?? indexFrom(reader.open(layer)))),
  );
  const contents = new Map<string, Uint8Array>();
  for (const [at, layer] of layers.entries()) {
    for await (const entry of tarEntries(decompressed(reader.open(layer)), { layer: true }))
      if (entry.type === 'file' && entry.content.from === 'stream')
        contents.set(`${at} ${entry.path}`, await collect(entry.content.open()));
  }
  const tree: Record<string, TreeNode> = {};
  for (const entry of view.walk()) {
    if (entry.path === rootPath) continue;
    const isEmpty = entry.type === 'directory' && [...view.children(entry.path)].length === 0;
    const node = nodeOf(entry, contents.get(placeOf(entry.path, view.layerOf(entry.path))), isEmpty);
    if (node !== undefined) tree[treeKey(entry.path)] = node;
  }
  return tree;
}

const indexFrom = async (bytes: AsyncIterable<Uint8Array>): Promise<LayerIndex> =>
  openIndex((await indexOf(bytes)).index);

const placeOf = (path: ImagePath, found: { readonly layer: number; readonly path: ImagePath } | undefined): string =>
  found === undefined ? path : `${found.layer} ${found.path}`;

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** A layer in memory. */
export interface TreeLayer {
  readonly layer: Layer;
  readonly bytes: Uint8Array;
  readonly index: Uint8Array;
}

/** A layer with the files of a literal. */
export async function packTree(tree: Tree, compression: Compression = { type: 'gzip' }): Promise<TreeLayer> {
  const chunks: Uint8Array[] = [];
  const packed = await packLayer(treeEntries(tree), { compression, write: (chunk) => void chunks.push(chunk) });
  const descriptor = { mediaType: layerMediaType(compression.type), digest: packed.digest, size: packed.size };
  return {
    layer: { descriptor, diffId: packed.diffId, seenIn: [] },
    bytes: Buffer.concat(chunks),
    index: packed.index,
  };
}

/** A layer with the files of a literal, in the store. */
export async function treeLayer(store: Store, tree: Tree, compression?: Compression): Promise<Layer> {
  const { layer, bytes, index } = await packTree(tree, compression);
  await store.indexes.put(layer.diffId, index);
  await store.blobs.write([bytes], layer.descriptor);
  return layer;
}
