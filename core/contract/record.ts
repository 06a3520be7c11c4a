import type { CacheKey } from '../base/brand.ts';
import type { Pairs } from '../oci/image.ts';
import type { Layer } from './model.ts';

/** What a cache remembers of a step. */
export interface CacheRecord {
  readonly key: CacheKey;
  readonly layer: Layer;
  /**
   * The layers it was made on, as a key. Two machines may have made the layers below anew and differently: what the one
   * remembers goes with its own layers only.
   */
  readonly on?: CacheKey;
  /** The named inputs the key was made of, so that a miss can be explained. */
  readonly inputs: Pairs;
  readonly step: string;
  /** RFC 3339. */
  readonly created: string;
  /** Milliseconds the step took. */
  readonly ms: number;
}

/** A record as one of many that a cache keeps. */
export interface CacheEntry {
  readonly record: CacheRecord;
  /** Milliseconds since 1970. */
  readonly used: number;
}
