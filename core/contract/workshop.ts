import type { DiffId, Digest } from '../base/brand.ts';
import type { Scope } from '../base/scope.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { BuilderHooks } from './hooks.ts';
import type { Isolation, IsolationOffer } from './isolation.ts';
import type { Layer, ResolvedImage } from './model.ts';
import type { CacheBackend, ContextSource, CredentialProvider, ImageSource, Output, Registry } from './offers.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

/** What every phase is given besides its input. Lives as long as one call of `build`. */
export interface Workshop {
  readonly world: World;
  readonly hooks: BuilderHooks;
  readonly offers: Offers;
  readonly store: Store;
  readonly registry: Registry;
  readonly blobs: Blobs;
  readonly isolation: IsolationChoice;
  readonly scope: Scope;
  readonly settings: BuildSettings;
}

/** Everything plugins brought, in the order they are asked. */
export interface Offers {
  readonly contexts: readonly ContextSource[];
  readonly images: readonly ImageSource[];
  readonly caches: readonly CacheBackend[];
  readonly credentials: readonly CredentialProvider[];
  readonly outputs: readonly Output[];
  readonly isolations: readonly IsolationOffer[];
}

export interface BuildSettings {
  /** Steps and stages at a time. */
  readonly jobs: number;
  /** Seconds since 1970; absent: now. */
  readonly sourceDateEpoch?: number;
  readonly insecureRegistries: readonly string[];
  /** `cacheKey` of every plugin that has one: part of all step keys. */
  readonly pluginKeys: readonly string[];
}

/** Bytes of layers, wherever they lie. */
export interface Blobs {
  /** Tells where blobs of this image can be had. */
  knows(image: ResolvedImage): void;
  /** From the store, else from where it was seen; verified when read to the end. */
  open(layer: Layer, offset?: number): AsyncIterable<Uint8Array>;
  /** Brings the blob to the store, once however many ask; streams, verifies, resumes. */
  fetch(layer: Layer): Promise<void>;
  isLocal(digest: Digest): Promise<boolean>;
  /** From the store; else the layer is streamed once for its headers and the index kept. */
  index(layer: Layer): Promise<LayerIndex>;
  /** A blob that is no layer. */
  openBlob(descriptor: Descriptor, seenIn: readonly string[]): AsyncIterable<Uint8Array>;
}

/** The isolation of a build, chosen by probing from the top and opened when first needed. */
export interface IsolationChoice {
  /** Which it is and why; probes at the first call. */
  choose(): Promise<{
    readonly offer: IsolationOffer;
    readonly mode: string;
    readonly exact: boolean;
    readonly runs: boolean;
    readonly reasons: readonly string[];
  }>;
  /** Starts the worker at the first call. */
  open(): Promise<Isolation>;
}

export type LayerIndexes = ReadonlyMap<DiffId, LayerIndex>;
