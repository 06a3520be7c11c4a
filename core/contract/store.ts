import type { CacheKey, DiffId, Digest, HostPath } from '../base/brand.ts';
import type { Json } from '../base/canonical-json.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { CacheEntry, CacheRecord } from './record.ts';

/** What stays on this machine between builds. Several processes share it; losing all but `images` loses time only. */
export interface Store {
  readonly root: HostPath;
  readonly blobs: BlobStore;
  readonly indexes: IndexStore;
  readonly records: RecordStore;
  readonly images: ImageStore;
  readonly trees: KeptTrees;
  /** A fresh path below the store for a file that will be renamed into place; swept when its owner dies. */
  temp(label: string): HostPath;
  /** Nothing of these is pruned while this process lives. */
  hold(digests: readonly (Digest | DiffId)[]): void;
}

export interface BlobStore {
  has(digest: Digest): Promise<boolean>;
  /** Where the blob lies when it is there. */
  path(digest: Digest): HostPath;
  /** Verified while it is read: ends with DIGEST_MISMATCH where bytes are not what they were. */
  open(digest: Digest, offset?: number): AsyncIterable<Uint8Array>;
  /** To a temp name, verified against `expected` where given, then renamed; the same blob twice is no error. */
  write(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    expected?: { readonly digest: Digest; readonly size: number },
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** For writers that make the digest in passing: chunks go to a temp file that `commit` renames. */
  writer(): Promise<BlobWriter>;
}

export interface BlobWriter {
  /** Bytes written so far: where a resumed download goes on. */
  readonly size: number;
  write(chunk: Uint8Array): Promise<void> | void;
  /** What was and will be written, while it is; throws where the writer gives up. Unverified. */
  follow(): AsyncIterable<Uint8Array>;
  /** `digest` and `size` are what the writer's caller computed over the very same chunks. */
  commit(digest: Digest): Promise<void>;
  abort(): Promise<void>;
}

export interface IndexStore {
  get(diffId: DiffId): Promise<LayerIndex | undefined>;
  put(diffId: DiffId, index: Uint8Array): Promise<void>;
}

export interface RecordStore {
  find(keys: readonly CacheKey[]): Promise<ReadonlyMap<CacheKey, CacheRecord>>;
  save(record: CacheRecord): Promise<void>;
  list(): Promise<readonly CacheEntry[]>;
}

/** Names → what was built under them; prune never touches them. */
export interface ImageStore {
  get(name: string): Promise<Descriptor | undefined>;
  /** The blobs of manifest, config and layers are in the store, or their layers are known to be in a registry. */
  put(name: string, manifest: Descriptor): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<readonly { readonly name: string; readonly manifest: Descriptor; readonly at: Date }[]>;
}

/** Files of contexts that the next build may take as they are. Nobody writes to them once they are kept. */
export interface KeptTrees {
  /** What is kept under the key. It stays while this process lives. */
  find(key: string): Promise<KeptTree | undefined>;
  /** A directory to fill; it takes the place of what was kept under the key once it is kept itself. */
  begin(key: string): Promise<TreeDraft>;
}

export interface KeptTree {
  readonly root: HostPath;
  /** What the maker wrote down of it: an ETag, a commit. */
  readonly facts: Json;
}

export interface TreeDraft {
  readonly root: HostPath;
  /** `bytes`: what the files take, for pruning. */
  keep(facts: Json, bytes: number): Promise<KeptTree>;
  abandon(): Promise<void>;
}
