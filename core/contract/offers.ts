import type { CacheKey, Digest } from '../base/brand.ts';
import type { Secret } from '../base/secret.ts';
import type { Descriptor, Pairs, Platform, Reference } from '../oci/image.ts';
import type {
  BuildContext,
  FinishedImage,
  ImageRequest,
  Layer,
  OutputSpec,
  Published,
  ResolvedImage,
} from './model.ts';
import type { Blobs, Workshop } from './workshop.ts';
import type { World } from './world.ts';

/** Opens contexts by scheme. `file` is every path and `dir://`, `stdin` is `-`. */
export interface ContextSource {
  readonly schemes: readonly string[];
  open(request: ContextRequest, world: World): Promise<BuildContext>;
}
export interface ContextRequest {
  /** As the user wrote it. */
  readonly location: string;
  readonly scheme: string;
  readonly subdirectory?: string;
}

/** Finds images to build on. Asked in order; `undefined` means: not mine, ask the next. */
export interface ImageSource {
  readonly name: string;
  resolve(request: ImageQuery, workshop: Workshop): Promise<ResolvedImage | undefined>;
}
export interface ImageQuery {
  /** As the Dockerfile has it after expansion. */
  readonly text: string;
  /** Absent where the text is no image name (`oci-layout://…`). */
  readonly reference?: Reference;
  readonly platform: Platform;
}

/** May be slow, empty or broken: every failure here becomes a notice. */
export interface CacheBackend {
  readonly name: string;
  /** Every key there is a record for. A record whose layer cannot be had any more is not one. */
  find(keys: readonly CacheKey[], workshop: Workshop): Promise<ReadonlyMap<CacheKey, CacheRecord>>;
  save(record: CacheRecord, workshop: Workshop): Promise<void>;
}

/** What a cache remembers of a step. */
export interface CacheRecord {
  readonly key: CacheKey;
  readonly layer: Layer;
  /** The named inputs the key was made of, so that a miss can be explained. */
  readonly inputs: Pairs;
  readonly step: string;
  /** RFC 3339. */
  readonly created: string;
  /** Milliseconds the step took. */
  readonly ms: number;
}

/** Asked in order; the first that knows wins. */
export interface CredentialProvider {
  readonly name: string;
  credentials(request: AuthRequest, world: World): Promise<Credentials | undefined>;
}
export interface AuthRequest {
  /** `registry.example:5000` */
  readonly registry: string;
  readonly repository: string;
  readonly actions: readonly ('pull' | 'push')[];
}
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  /** `bearer` goes to the registry as it is; `refresh` to its token service. */
  | { readonly kind: 'bearer' | 'refresh'; readonly token: Secret };

/** Where an image goes. Several at once; a session begins before the last step ends. */
export interface Output {
  readonly type: string;
  begin(request: OutputRequest, workshop: Workshop): Promise<OutputSession>;
}
export interface OutputRequest {
  readonly image: ImageRequest;
  readonly spec: OutputSpec;
  /** Names to give it there. */
  readonly names: readonly string[];
  readonly platforms: readonly Platform[];
  readonly blobs: Blobs;
}
export interface OutputSession {
  /** As soon as a layer is ready, in any order, maybe twice; may return before the work is done. */
  layer(layer: Layer): Promise<void>;
  /** Everything is there or nothing: the name is given last. */
  finish(image: FinishedImage): Promise<readonly Published[]>;
  /** The build failed: leave nothing half-written. */
  abort(): Promise<void>;
}

/** The distribution protocol, for plugins that speak to registries. */
export interface Registry {
  /** Manifest or index bytes by tag or digest, verified; `undefined` when the registry has none. */
  manifest(reference: Reference): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array } | undefined>;
  resolve(text: string, reference: Reference, platform: Platform): Promise<ResolvedImage | undefined>;
  /** `at` is `host/repository`. Resumes on its own where the registry lets it; unverified. */
  openBlob(at: string, descriptor: Descriptor, offset?: number): AsyncIterable<Uint8Array>;
  hasBlob(at: string, digest: Digest): Promise<boolean>;
  /** HEAD, then mount from each of `sources` on the same host, then upload. Says which it was. */
  pushBlob(at: string, descriptor: Descriptor, source: BlobPushSource): Promise<'present' | 'mounted' | 'uploaded'>;
  putManifest(reference: Reference, mediaType: string, bytes: Uint8Array): Promise<Descriptor>;
}
export interface BlobPushSource {
  /** `host/repository` where the blob is known to lie. */
  readonly mountFrom: readonly string[];
  open(offset?: number): AsyncIterable<Uint8Array>;
  /** Bytes sent so far, for progress. */
  onProgress?(done: number): void;
}
