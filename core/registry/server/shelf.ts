import { stat } from 'node:fs/promises';
import type { Digest } from '../../base/brand.ts';
import type { Store } from '../../contract/store.ts';

/** What the registry serves from. */
export interface Shelf {
  readonly store: Pick<Store, 'blobs' | 'images' | 'hold'>;
  /** Brings a blob that lies elsewhere to the store; says whether it is there now. */
  readonly fetch?: (digest: Digest) => Promise<boolean>;
  /** May manifests and tags be deleted? */
  readonly deletes: boolean;
}

/** Size of a blob in bytes, brought here if need be; `undefined` where nobody has it. */
export async function sizeOf({ store, fetch }: Shelf, digest: Digest): Promise<number | undefined> {
  if (!(await store.blobs.has(digest)) && !(await fetch?.(digest))) return undefined;
  return (await stat(store.blobs.path(digest)).catch(() => undefined))?.size;
}

/** The whole of a small blob; `undefined` where it is missing or larger than `limit` bytes. */
export async function readSmall(shelf: Shelf, digest: Digest, limit: number): Promise<Uint8Array | undefined> {
  const size = await sizeOf(shelf, digest);
  if (size === undefined || size > limit) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of shelf.store.blobs.open(digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
