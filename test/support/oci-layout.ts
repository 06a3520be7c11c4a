/** Writes OCI image layouts: blobs, configs, manifests, indexes. */
import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, Transform, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress, gzipSync } from 'node:zlib';
import { mediaTypes, type ContainerConfig, type Descriptor, type HistoryEntry, type Platform } from './oci-types.ts';

/** `gzip-members`: one gzip member for every 64 KiB, as some parallel compressors write it. */
export type Compression = 'gzip' | 'gzip-members' | 'zstd' | 'none';

/** A layer's tar. */
export interface LayerInput {
  readonly tar: Buffer | AsyncIterable<Buffer>;
  /** gzip if not said. */
  readonly compression?: Compression;
  readonly createdBy?: string;
}

export interface ImageInput {
  /** linux/amd64 if not said. */
  readonly platform?: Platform;
  /** Media types of Docker's format in place of OCI's (gzip layers only). */
  readonly docker?: boolean;
  readonly layers: readonly LayerInput[];
  readonly config?: ContainerConfig;
  /** Made from the layers if not said. */
  readonly history?: readonly HistoryEntry[];
}

/** What all base images say about when they were made: nothing depends on the day. */
export const fixedTime = '2024-01-01T00:00:00Z';

/** Writes one image, or an index over several, as `latest`. Returns the descriptor of its manifest or index. */
export async function writeLayout(directory: string, images: readonly ImageInput[]): Promise<Descriptor> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  const manifests: Descriptor[] = [];
  for (const image of images) manifests.push(await writeImage(directory, image));
  const root =
    manifests.length === 1
      ? manifests[0]!
      : await writeJson(directory, mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
  const named = { ...root, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [named] }),
  );
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return root;
}

async function writeImage(directory: string, image: ImageInput): Promise<Descriptor> {
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const layer of image.layers) {
    const written = await writeLayer(directory, layer);
    layers.push(
      image.docker === true ? { ...written.descriptor, mediaType: mediaTypes.dockerLayer } : written.descriptor,
    );
    diffIds.push(written.diffId);
  }
  const platform = image.platform ?? { os: 'linux', architecture: 'amd64' };
  const history =
    image.history ?? image.layers.map((layer) => ({ created: fixedTime, created_by: layer.createdBy ?? 'test base' }));
  const types =
    image.docker === true ? { manifest: mediaTypes.dockerManifest, config: mediaTypes.dockerConfig } : mediaTypes;
  const config = await writeJson(directory, types.config, {
    created: fixedTime,
    ...platform,
    config: image.config ?? {},
    rootfs: { type: 'layers', diff_ids: diffIds },
    history,
  });
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers };
  return { ...(await writeJson(directory, types.manifest, manifest)), platform };
}

const compressors: Record<Compression, () => Duplex> = {
  gzip: () => createGzip({ level: 1 }),
  'gzip-members': () =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) =>
        done(null, Buffer.concat(slices(chunk).map((slice) => gzipSync(slice)))),
    }),
  zstd: () => createZstdCompress(),
  none: () => new PassThrough(),
};

function slices(chunk: Buffer): Buffer[] {
  const size = 65_536;
  return Array.from({ length: Math.ceil(chunk.length / size) }, (_, at) => chunk.subarray(at * size, (at + 1) * size));
}

/** Compresses one layer into the layout. */
async function writeLayer(directory: string, layer: LayerInput): Promise<{ descriptor: Descriptor; diffId: string }> {
  const compression = layer.compression ?? 'gzip';
  const draft = join(directory, 'blobs/layer.draft');
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  const source = Buffer.isBuffer(layer.tar) ? Readable.from([layer.tar]) : layer.tar;
  await pipeline(source, hashing(plain), compressors[compression](), hashing(packed), createWriteStream(draft));
  const digest = packed.digest('hex');
  const { size } = await stat(draft);
  await rename(draft, join(directory, 'blobs/sha256', digest));
  const suffix = { gzip: '+gzip', 'gzip-members': '+gzip', zstd: '+zstd', none: '' }[compression];
  const descriptor = { mediaType: `${mediaTypes.layer}${suffix}`, digest: `sha256:${digest}`, size };
  return { descriptor, diffId: `sha256:${plain.digest('hex')}` };
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

async function writeJson(directory: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(directory, 'blobs/sha256', digest), bytes);
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
}

/** The file of a blob in a layout. */
export function blobFile(directory: string, digest: string): string {
  return join(directory, 'blobs', digest.replace(':', '/'));
}
