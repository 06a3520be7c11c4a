import { digestOf } from '../base/digest.ts';
import type { BuiltImage, FinishedImage, Layer, ResolvedImage } from '../contract/model.ts';
import type { Store } from '../contract/store.ts';
import {
  emptyRuntimeConfig,
  type Descriptor,
  type ImageConfig,
  type Platform,
  type RuntimeConfig,
} from '../oci/image.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { writeConfig } from '../oci/write-config.ts';
import { treeLayer } from './layer-trees.ts';
import type { Tree } from './trees.ts';
import { writeIndex, writeManifest } from '../oci/write-manifest.ts';

export interface ImageParts {
  readonly layers: readonly Layer[];
  readonly platform: Platform;
  readonly config?: Partial<RuntimeConfig>;
}

/** Config and manifest around layers; what a build would have made of them. */
export function imageOf(name: string, { layers, platform, config }: ImageParts): BuiltImage {
  const configBytes = writeConfig(imageConfig({ layers, platform, ...(config && { config }) }));
  const configDescriptor = descriptor(mediaTypes.config, configBytes);
  const manifestBytes = writeManifest({
    mediaType: mediaTypes.manifest,
    config: configDescriptor,
    layers: layers.map((layer) => layer.descriptor),
    annotations: [],
  });
  const manifest = { ...descriptor(mediaTypes.manifest, manifestBytes), platform };
  return { name, platform, layers, manifest, manifestBytes, config: configDescriptor, configBytes };
}

const imageConfig = ({ layers, platform, config }: ImageParts): ImageConfig => ({
  platform,
  created: '1970-01-01T00:00:00Z',
  config: { ...emptyRuntimeConfig, ...config },
  diffIds: layers.map((layer) => layer.diffId),
  history: layers.map((_, at) => ({ created: '1970-01-01T00:00:00Z', createdBy: `layer ${at + 1}` })),
});

const descriptor = (mediaType: string, bytes: Uint8Array): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** Several platforms get an index, one needs none. */
export function finishedImage(name: string, tags: readonly string[], platforms: readonly BuiltImage[]): FinishedImage {
  if (platforms.length === 1) return { name, tags, platforms };
  const bytes = writeIndex({ manifests: platforms.map((built) => built.manifest), annotations: [] });
  return { name, tags, platforms, index: { descriptor: descriptor(mediaTypes.index, bytes), bytes } };
}

export interface TreeImageOptions {
  readonly name?: string;
  readonly platform?: Platform;
  readonly config?: Partial<RuntimeConfig>;
}

/** An image of one layer with the files of a literal, its layer in the store: what outputs are given. */
export async function treeImage(store: Store, tree: Tree, options: TreeImageOptions = {}): Promise<FinishedImage> {
  const { name = 'image', platform = { os: 'linux', architecture: 'amd64' }, config = {} } = options;
  const layers = [await treeLayer(store, tree)];
  return finishedImage(name, [], [imageOf(name, { layers, platform, config })]);
}

/** The digest an image is known by: its index's, else its manifest's. */
export const digestOfImage = (image: FinishedImage): Descriptor['digest'] =>
  (image.index?.descriptor ?? image.platforms[0]!.manifest).digest;

/** An image of the store as a base to build on. */
export function baseOf(store: Store, reference: string, parts: ImageParts): ResolvedImage {
  return {
    reference,
    digest: imageOf(reference, parts).manifest.digest,
    config: imageConfig(parts),
    layers: parts.layers,
    open: (blob, offset) => store.blobs.open(blob.digest, offset),
  };
}
