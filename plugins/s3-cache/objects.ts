import {
  digestOf,
  hexOf,
  isDigest,
  mapPool,
  meter,
  type Digest,
  type Layer,
  type Surroundings,
} from '../../core/index.ts';
import { openBucket, type Bucket } from '../shared/s3/bucket.ts';
import { listObjects, type ListedObject } from '../shared/s3/list-objects.ts';
import { readObject } from '../shared/s3/read-object.ts';
import { readSmall, removeObject, writeObject } from '../shared/s3/write-object.ts';
import type { S3CacheSettings } from './options.ts';
import { problem } from './problems.ts';

/** Below the prefix; all objects are named by the SHA-256 of what is in them. */
const folders = { pages: 'catalog', blobs: 'blobs/sha256', indexes: 'indexes' } as const;
export type Kind = keyof typeof folders;

/** The objects of a cache: each is written once under the name of its content, and never changed. */
export interface CacheObjects {
  readonly bucket: Bucket;
  /** For people. */
  nameOf(kind: Kind, digest: Digest): string;
  list(kind: Kind): Promise<ReadonlyMap<Digest, ListedObject>>;
  /** Verified; `undefined`: it is not there. */
  read(kind: Kind, digest: Digest): Promise<Uint8Array | undefined>;
  write(kind: Kind, bytes: Uint8Array): Promise<{ readonly digest: Digest; readonly size: number }>;
  writeLayer(layer: Layer, open: () => AsyncIterable<Uint8Array>): Promise<void>;
  /** Verified when read to the end. */
  readLayer(layer: Layer): Promise<AsyncIterable<Uint8Array>>;
  /** Those that are gone already are no error. */
  remove(kind: Kind, digests: Iterable<Digest>): Promise<void>;
}

/** Bytes of a page or an index that are believed. */
const longest = 64 << 20;
/** Requests at a time. */
const together = 8;
const tries = 3;

export async function openObjects(
  { bucket: name, prefix, server, parallel, timeout }: S3CacheSettings,
  { world }: Pick<Surroundings, 'world'>,
): Promise<CacheObjects> {
  const bucket = await openBucket(name, server, world, { attempts: tries, idleTimeout: timeout * 1000 });
  const folderOf = (kind: Kind): string => `${prefix}strake/${folders[kind]}/`;
  const keyOf = (kind: Kind, digest: Digest): string => folderOf(kind) + hexOf(digest);
  const damaged = (kind: Kind, digest: Digest) => problem('DAMAGED', { object: bucket.placeOf(keyOf(kind, digest)) });

  const checked = async function* (layer: Layer, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const { digest } = layer.descriptor;
    const passed = meter();
    for await (const chunk of bytes) {
      passed.update(chunk);
      yield chunk;
    }
    if (passed.digest() !== digest) throw damaged('blobs', digest);
  };

  return {
    bucket,
    nameOf: (kind, digest) => bucket.placeOf(keyOf(kind, digest)),
    async list(kind) {
      const folder = folderOf(kind);
      const found = (await listObjects(bucket, folder)).map((one) => [`sha256:${one.key.slice(folder.length)}`, one]);
      // What others have put there is none of ours.
      return new Map(found.filter((one): one is [Digest, ListedObject] => isDigest(one[0] as string)));
    },
    async read(kind, digest) {
      const bytes = await readSmall(bucket, keyOf(kind, digest), longest);
      if (bytes && digestOf(bytes) !== digest) throw damaged(kind, digest);
      return bytes;
    },
    async write(kind, bytes) {
      const digest = digestOf(bytes);
      await writeObject(bucket, keyOf(kind, digest), { bytes });
      return { digest, size: bytes.byteLength };
    },
    async writeLayer({ descriptor: { digest, size } }, open) {
      await writeObject(bucket, keyOf('blobs', digest), { size, hash: hexOf(digest), open }, { lanes: parallel });
    },
    async readLayer(layer) {
      const { digest } = layer.descriptor;
      const changed = (): Error => damaged('blobs', digest);
      const found = await readObject(bucket, keyOf('blobs', digest), { lanes: parallel, changed });
      if (found === 'unchanged') throw changed();
      return checked(layer, found.bytes);
    },
    async remove(kind, digests) {
      await mapPool([...digests], together, (digest) => removeObject(bucket, keyOf(kind, digest)));
    },
  };
}
