import type { Brand, DiffId, Digest, HostPath, ImagePath } from '../base/brand.ts';
import type { Span } from '../base/source-text.ts';
import type { Compression } from '../archive/entry.ts';
import type { Descriptor, HistoryEntry, ImageConfig, Pairs, Platform, RuntimeConfig } from '../oci/image.ts';
import type { Job } from './job.ts';
import type { Prehook } from './prehooks.ts';

/** A fact about bytes that our store or a registry already holds, so no field is ever pending. */
export interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: DiffId;
  /** `host/repository` of every registry repository known to hold the blob: pulls and mounts come from there. */
  readonly seenIn: readonly string[];
}

/** A layer that is being made: what there is of it can be read while the rest comes. */
export interface GrowingLayer {
  readonly mediaType: string;
  /** All its bytes, as they are written; throws where it is given up. */
  bytes(): AsyncIterable<Uint8Array>;
  /** Rejects where it is given up. */
  readonly finished: Promise<Layer>;
}

/** What an image source found for one platform. */
export interface ResolvedImage {
  /** As the Dockerfile or config named it. */
  readonly reference: string;
  /** Of the platform's manifest. */
  readonly digest: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  /** Opens a blob of this image from where it lies, from `offset` on; unverified, the caller verifies. */
  open(descriptor: Descriptor, offset?: number): AsyncIterable<Uint8Array>;
}

/** One image to build, settled by config and flags. */
export interface ImageRequest {
  readonly name: string;
  /** As given: a path, URL, `-`. */
  readonly context: string;
  /** The part of the context to build from. */
  readonly contextSubdirectory?: string;
  /** For the source that opens the context: `git.branch`, `http.token-env`. */
  readonly contextOptions?: Pairs;
  /** Path from the current directory, or inside the context where that is remote; absent: `Dockerfile` of the context. */
  readonly dockerfile?: string;
  /** The Dockerfile itself, where a config or a plugin brings it. */
  readonly dockerfileText?: string;
  readonly target?: string;
  /** Empty: the host's. */
  readonly platforms: readonly Platform[];
  readonly args: Pairs;
  /** Those of `args` that are said of every image at once: an image that declares none of them is no slip. */
  readonly sharedArgs?: readonly string[];
  readonly labels: Pairs;
  readonly annotations: Pairs;
  /** References; the first names the image. */
  readonly tags: readonly string[];
  readonly outputs: readonly OutputSpec[];
  readonly contexts: readonly NamedContext[];
  readonly prebuild: readonly Prehook[];
  /** `true`: no step is looked up; a list: none of these stages'. */
  readonly noCache: boolean | readonly string[];
}

export type NamedContext = { readonly name: string } & (
  | { readonly kind: 'image'; readonly image: string }
  | ({ readonly kind: 'location' } & ContextPlace)
);

/** Where a context comes from. */
export interface ContextPlace {
  readonly location: string;
  readonly subdirectory?: string;
  readonly options?: Pairs;
}

/** `type=registry,dest=…`; all options but the ones every output knows stay text until the output reads them. */
export interface OutputSpec {
  readonly type: string;
  readonly dest?: string;
  /** Names to give the image there; absent: the request's tags. */
  readonly names?: readonly string[];
  readonly compression?: Compression;
  /** Recompress layers that came compressed otherwise. */
  readonly forceCompression: boolean;
  readonly rewriteTimestamp: boolean;
  readonly options: Pairs;
}

export type StageId = Brand<string, 'StageId'>;
export type StepId = Brand<string, 'StepId'>;
/** Names a context of the plan: the main one of an image or a named one. */
export type ContextId = Brand<string, 'ContextId'>;

/** Everything that will happen, settled before anything does: plain data to print, compare and test. */
export interface BuildPlan {
  readonly images: readonly PlannedImage[];
  /** Only what an image needs, bases before those who use them; equal stages of several images are one. */
  readonly stages: readonly PlannedStage[];
  readonly warnings: readonly PlanWarning[];
}

export interface PlanWarning {
  readonly rule: string;
  readonly message: string;
  readonly at?: Span;
}

/** One image for one platform. */
export interface PlannedImage {
  readonly request: ImageRequest;
  readonly platform: Platform;
  readonly stage: StageId;
}

export type PlannedBase =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'image'; readonly image: ResolvedImage }
  | { readonly kind: 'stage'; readonly stage: StageId };

export interface PlannedStage {
  readonly id: StageId;
  /** `build`, or its number. */
  readonly label: string;
  readonly platform: Platform;
  readonly base: PlannedBase;
  readonly steps: readonly PlannedStep[];
  /** After the last step. */
  readonly config: RuntimeConfig;
  readonly author?: string;
  /** From FROM to the last instruction. */
  readonly at: Span;
}

export interface PlannedStep {
  readonly id: StepId;
  /** `[build 2/5] RUN npm ci` */
  readonly title: string;
  readonly action: StepAction;
  /** What the instruction leaves behind, known before anything runs. */
  readonly config: RuntimeConfig;
  /** `created_by` and whether a layer goes with it; `created` is set when the image is assembled. */
  readonly history: HistoryEntry;
  /** The resolved instruction as named values: what both keys are made of. */
  readonly asked: Pairs;
  readonly noCache: boolean;
  readonly at: Span;
}

export type StepAction =
  | { readonly kind: 'config' }
  | { readonly kind: 'run'; readonly job: Job }
  | ({ readonly kind: 'copy' } & CopyAction)
  | { readonly kind: 'workdir'; readonly path: ImagePath; readonly owner: string };

export interface CopyAction {
  readonly origin: CopyOrigin;
  /** Paths and patterns below the origin's root, expanded, as bytes; inline files apart. */
  readonly sources: readonly CopyPattern[];
  readonly inline: readonly InlineFile[];
  readonly destination: ImagePath;
  /** Written with a trailing slash, or several sources: things go into it. */
  readonly intoDirectory: boolean;
  /** `user[:group]` as expanded; absent: 0:0 from contexts, the source's from stages and images. */
  readonly owner?: string;
  /** As expanded: octal or symbolic. */
  readonly mode?: string;
  readonly link: boolean;
  /** ADD: local archives are unpacked. */
  readonly unpack: boolean;
}

export interface CopyPattern {
  /** Bytes; no leading slash; `..` clamped. */
  readonly pattern: string;
  readonly at: Span;
}

export interface InlineFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export type CopyOrigin =
  | { readonly kind: 'context'; readonly context: ContextId; readonly label: string }
  | { readonly kind: 'stage'; readonly stage: StageId; readonly label: string }
  | { readonly kind: 'image'; readonly image: ResolvedImage; readonly label: string };

/** What executing a stage gave: its layers, base's first. */
export interface StageResult {
  readonly stage: StageId;
  readonly layers: readonly Layer[];
  /** The stage's own steps that have a layer, in order, with the time it was made (RFC 3339). */
  readonly steps: readonly { readonly step: StepId; readonly layer: Layer; readonly created: string }[];
  /** How many of the stage's own steps were found in a cache. */
  readonly reused: number;
  readonly performed: number;
}

/** An image before digests: what the `assemble` hook may change. */
export interface ImageDraft {
  readonly name: string;
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  /** How many of `layers` are the base's: never rewritten. */
  readonly baseLayers: number;
  readonly config: RuntimeConfig;
  readonly history: readonly HistoryEntry[];
  readonly author?: string;
  readonly created?: string;
  readonly annotations: Pairs;
}

/** One platform of a finished image. */
export interface BuiltImage {
  readonly name: string;
  readonly platform: Platform;
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  readonly config: Descriptor;
  readonly configBytes: Uint8Array;
  readonly layers: readonly Layer[];
}

/** What an output publishes: one manifest, or an index over several platforms. */
export interface FinishedImage {
  readonly name: string;
  readonly tags: readonly string[];
  readonly platforms: readonly BuiltImage[];
  /** Only with several platforms. */
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
}

export interface Published {
  /** `registry.example/team/app:1`, `oci:/tmp/out`, … */
  readonly location: string;
  readonly digest: Digest;
}

export interface BuildResult {
  readonly image: string;
  readonly finished: FinishedImage;
  readonly published: readonly Published[];
  readonly reused: number;
  readonly performed: number;
}

/** A context that is open: files of this machine, to be read only: they are the user's own, or kept for the next build. */
export interface BuildContext extends AsyncDisposable {
  readonly root: HostPath;
  /** For people: `.`, `https://…#main`. */
  readonly label: string;
  /** A commit, an ETag: what the files were made from, where the source knows. */
  readonly revision?: string;
  /** Only a Dockerfile was sent: this is its path below `root`. */
  readonly dockerfile?: string;
}
