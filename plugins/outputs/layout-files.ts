import {
  canonicalJson,
  hexOf,
  type Blobs,
  type Descriptor,
  type FinishedImage,
  type Json,
  type Layer,
} from '../../core/index.ts';

/** One file of an OCI layout: name below its root, size and bytes. */
export interface LayoutFile {
  readonly name: string;
  readonly size: number;
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export const blobName = (digest: Descriptor['digest']): string => `blobs/sha256/${hexOf(digest)}`;

const small = (name: string, bytes: Uint8Array): LayoutFile => ({ name, size: bytes.byteLength, open: () => [bytes] });

export const layerFile = (layer: Layer, blobs: Blobs): LayoutFile => ({
  name: blobName(layer.descriptor.digest),
  size: layer.descriptor.size,
  open: () => blobs.open(layer),
});

/** Config, manifest and index blobs: everything of an image but its layers. */
export function documentFiles(image: FinishedImage): LayoutFile[] {
  const documents = image.platforms.flatMap((built) => [
    small(blobName(built.config.digest), built.configBytes),
    small(blobName(built.manifest.digest), built.manifestBytes),
  ]);
  if (image.index) documents.push(small(blobName(image.index.descriptor.digest), image.index.bytes));
  return documents;
}

export const layoutMarker = small('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));

/** `index.json`: names the manifest, or the index where there are several platforms, once a name (image-layout.md). */
export function indexFile(image: FinishedImage, names: readonly string[]): LayoutFile {
  const top = image.index?.descriptor ?? image.platforms[0]!.manifest;
  const described = (name: string | undefined): Json => ({
    mediaType: top.mediaType,
    digest: top.digest,
    size: top.size,
    ...(top.platform ? { platform: platformJson(top.platform) } : {}),
    ...(name === undefined
      ? {}
      : { annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) } }),
  });
  const manifests = names.length === 0 ? [described(undefined)] : names.map((name) => described(name));
  return small(
    'index.json',
    Buffer.from(canonicalJson({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })),
  );
}

const platformJson = (platform: NonNullable<Descriptor['platform']>): Json => ({
  os: platform.os,
  architecture: platform.architecture,
  ...(platform.variant === undefined ? {} : { variant: platform.variant }),
  ...(platform.osVersion === undefined ? {} : { 'os.version': platform.osVersion }),
});

const tagOf = (name: string): string => /:([^:/@]+)(@.*)?$/.exec(name)?.[1] ?? 'latest';
