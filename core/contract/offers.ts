import type { Pairs, Platform, Reference } from '../oci/image.ts';
import type {
  BuildContext,
  FinishedImage,
  GrowingLayer,
  ImageRequest,
  Layer,
  OutputSpec,
  Published,
  ResolvedImage,
} from './model.ts';
import type { Blobs } from './blobs.ts';
import type { KeptTrees } from './store.ts';
import type { Surroundings } from './surroundings.ts';
import type { World } from './world.ts';

export type { CacheBackend } from './caches.ts';
export type * from './credentials.ts';

/** Opens contexts by scheme. `file` is every path and `dir://`, `stdin` is `-`. */
export interface ContextSource {
  readonly schemes: readonly string[];
  /**
   * Which locations of its schemes are its own; absent: all. Several sources may share a scheme (`https` is git's and
   * the archives'): the first that takes a location opens it.
   */
  takes?(request: ContextRequest): boolean;
  open(request: ContextRequest, world: World): Promise<BuildContext>;
}
export interface ContextRequest {
  /** As the user wrote it, without the subdirectory. May hold a password: show it with `shownLocation` alone. */
  readonly location: string;
  readonly scheme: string;
  /** A part of the context, which core narrows it to once it is open; a hint of what is worth fetching. */
  readonly subdirectory?: string;
  /** What was said besides the location: `git.branch`, `http.token-env`. A source reads those of its own group. */
  readonly options?: Pairs;
  /** Trees that outlive the build; absent: nothing is kept. */
  readonly kept?: KeptTrees;
}

/** Finds images to build on. Asked in order; `undefined` means: not mine, ask the next. */
export interface ImageSource {
  readonly name: string;
  resolve(request: ImageQuery, around: Surroundings): Promise<ResolvedImage | undefined>;
}
export interface ImageQuery {
  /** As the Dockerfile has it after expansion. */
  readonly text: string;
  /** Absent where the text is no image name (`oci-layout://…`). */
  readonly reference?: Reference;
  readonly platform: Platform;
}

/** Where an image goes. Several at once; a session begins before the last step ends. */
export interface Output {
  readonly type: string;
  begin(request: OutputRequest, around: Surroundings): Promise<OutputSession>;
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
  /** A large layer has begun and may be read from now on; `layer` follows, unless the step fails. */
  growing?(layer: GrowingLayer): void;
  /** As soon as a layer is ready, in any order, maybe twice; may return before the work is done. */
  layer(layer: Layer): Promise<void>;
  /** Everything is there or nothing: the name is given last. */
  finish(image: FinishedImage): Promise<readonly Published[]>;
  /** The build failed: leave nothing half-written. */
  abort(): Promise<void>;
}
