/** What strake writes: the types of the OCI image specification. */
export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  /** Two bytes, `{}`: the config of what is no image. */
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

/** Docker's own, image manifest version 2 schema 2: older, still everywhere. */
export const dockerMediaTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const;

export type Dialect = 'oci' | 'docker';
export type LayerCompression = 'gzip' | 'zstd' | 'none';

/** What a registry is asked for when an image is wanted. */
export const imageTypes: readonly string[] = [
  mediaTypes.index,
  mediaTypes.manifest,
  dockerMediaTypes.index,
  dockerMediaTypes.manifest,
];

const ociForeign = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const dockerForeign = 'application/vnd.docker.image.rootfs.foreign.diff.tar';
const layerBases: readonly string[] = [mediaTypes.layer, dockerMediaTypes.layer, ociForeign, dockerForeign];

export const isIndexType = (type: string): boolean => type === mediaTypes.index || type === dockerMediaTypes.index;
export const isManifestType = (type: string): boolean =>
  type === mediaTypes.manifest || type === dockerMediaTypes.manifest;
export const isConfigType = (type: string): boolean => type === mediaTypes.config || type === dockerMediaTypes.config;
export const isLayerType = (type: string): boolean => layerBases.includes(splitLayerType(type).base);
/** Layers that may not be pushed elsewhere: those of Windows bases, fetched from the URLs of their descriptor. */
export const isForeignLayer = (type: string): boolean =>
  [ociForeign, dockerForeign].includes(splitLayerType(type).base);

/** The type of a layer compressed so; docker writes a dot where OCI writes a plus. */
export function layerMediaType(compression: LayerCompression, dialect: Dialect = 'oci'): string {
  const base = dialect === 'oci' ? mediaTypes.layer : dockerMediaTypes.layer;
  return joinLayerType(base, compression, dialect);
}

/** How a layer of this type is compressed. */
export const compressionOf = (type: string): LayerCompression => splitLayerType(type).compression;

/** The same thing's type in the other dialect; what has no other name keeps its own. */
export function mediaTypeIn(dialect: Dialect, type: string): string {
  const [from, to] = dialect === 'oci' ? [dockerMediaTypes, mediaTypes] : [mediaTypes, dockerMediaTypes];
  for (const kind of ['manifest', 'index', 'config'] as const) if (type === from[kind]) return to[kind];
  if (!isLayerType(type)) return type;
  const foreign = dialect === 'oci' ? ociForeign : dockerForeign;
  return joinLayerType(isForeignLayer(type) ? foreign : to.layer, compressionOf(type), dialect);
}

function splitLayerType(type: string): { base: string; compression: LayerCompression } {
  const match = /^(.*\.tar)(?:[+.](gzip|zstd))?$/.exec(type);
  return match
    ? { base: match[1]!, compression: (match[2] as LayerCompression | undefined) ?? 'none' }
    : { base: type, compression: 'none' };
}

const joinLayerType = (base: string, compression: LayerCompression, dialect: Dialect): string =>
  compression === 'none' ? base : `${base}${dialect === 'oci' ? '+' : '.'}${compression}`;
