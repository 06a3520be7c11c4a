import type { CacheKey, DiffId } from '../base/brand.ts';
import type { Pairs } from '../oci/image.ts';
import type { Layer } from './model.ts';
import type { CacheEntry, CacheRecord } from './record.ts';
import type { Surroundings } from './surroundings.ts';

/** Remembers steps. May be slow, empty or broken: every failure here becomes a notice. */
export interface CacheBackend {
  readonly name: string;
  /** Its layers lie on this machine: it is preferred to all others, whatever their order. */
  readonly near?: boolean;
  /** Every key there is a record for. A record whose layer cannot be had any more is not one. */
  find(keys: readonly CacheKey[], around: Surroundings): Promise<ReadonlyMap<CacheKey, CacheRecord>>;
  /** Also of a step that another cache knew and this one did not. A cache that is only read does nothing. */
  save(record: CacheRecord, around: Surroundings, facts?: StepFacts): Promise<void>;
  /** Bytes of a layer of this cache that no registry has; `undefined`: not here. Whoever reads verifies. */
  open?(layer: Layer, around: Surroundings): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** The index of a layer: a step on top of it then needs no byte of it. Read as trustingly as records are. */
  index?(diffId: DiffId, around: Surroundings): Promise<Uint8Array | undefined>;
  /** The build is over and everything saved; a failed one too. */
  finish?(around: Surroundings): Promise<void>;
  /** What is in it, for people. */
  list?(around: Surroundings): Promise<readonly CacheEntry[]>;
  /** Drops what was unused longest, until what stays is within the bounds; without bounds everything. */
  prune?(bounds: CacheBounds, around: Surroundings): Promise<CachePruned>;
}

/** What a build knows of a step besides its record. */
export interface StepFacts {
  /** The layers it stands on, base's first. */
  readonly below: readonly Layer[];
  /** Is the layer part of an image that is built, and not only of a stage that is read from? */
  readonly inImage: boolean;
}

export interface CacheBounds {
  /** Bytes of layers. */
  readonly maxBytes?: number;
  /** Milliseconds without use. */
  readonly maxUnused?: number;
}

export interface CachePruned {
  /** Layers. */
  readonly removed: number;
  /** Bytes of these layers. */
  readonly bytes: number;
  /** Bytes of the layers that stay. */
  readonly kept: number;
}

/** One value of `--cache-from` or `--cache-to`: `type=registry,ref=registry.example/app/cache,mode=max`. */
export interface CacheSpec {
  readonly type: string;
  /** All but the type, as written. */
  readonly options: Pairs;
}

/** A kind of cache that can be asked for by flag and config. */
export interface CacheType {
  readonly type: string;
  /** Names the place a spec is about: what is read from and written to one place is one cache. */
  place(spec: CacheSpec): string;
  /** Complains of options that it does not know. At least one of the two is there. */
  open(use: CacheUse): CacheBackend;
}

export interface CacheUse {
  /** Absent: nothing is looked up there. */
  readonly from?: CacheSpec;
  /** Absent: nothing is written there. */
  readonly to?: CacheSpec;
}
