import type { DiffId, Digest, HostPath, ImagePath } from '../base/brand.ts';
import type { Compression, LayerEntry } from '../archive/entry.ts';
import type { Job, JobResult } from './job.ts';
import type { CopyAction, Layer } from './model.ts';
import type { Store } from './store.ts';
import type { World } from './world.ts';

/**
 * A way to run steps. Its words: an isolation is *opened* once for a build; it *prepares* layers (makes their files
 * available to steps) and opens *workspaces*. A workspace is the file tree of one stage: commands *run* in it, layers
 * made elsewhere are *put* on it, and what changed is *committed* as a layer; of a folder it shows, files are *collected*.
 *
 * A life: `probe` says whether it works here → `open` → `missing` tells which blobs must be brought to the store →
 * `prepare` each as it arrives → `workspace({ layers })` → `run` → `commit` → `put` → `run` → `commit` → dispose.
 * Nothing an isolation started outlives its dispose; after a kill -9 everything ends by itself.
 */
export interface IsolationOffer {
  readonly name: string;
  readonly traits: IsolationTraits;
  probe(world: World): Promise<IsolationProbe>;
  open(world: World, store: Store): Promise<Isolation>;
}

export interface IsolationTraits {
  /** Can it RUN? */
  readonly runs: boolean;
  /** Does it carry one stage at a time only? */
  readonly exclusive: boolean;
  /** Are owners and modes kept as the image says? A record of one that is not is never used by one that is. */
  readonly exact: boolean;
}

export interface IsolationProbe {
  readonly available: boolean;
  /** One line each: what was looked at and found, best first: `user namespaces: forbidden by kernel.apparmor_…`. */
  readonly findings: readonly string[];
  /** What would make it available, one line each. */
  readonly enable: readonly string[];
  /** Where the traits depend on the machine: a single id makes `overlay` inexact. */
  readonly traits?: IsolationTraits;
  /** For people: `overlay, as root`. */
  readonly mode: string;
}

export interface Isolation extends AsyncDisposable {
  readonly name: string;
  readonly traits: IsolationTraits;
  /** Which of these layers need their blob in the store before `prepare` or `workspace` can have their files. */
  missing(layers: readonly Layer[]): Promise<readonly Layer[]>;
  /** Makes a layer's files available; its blob is in the store. Several at once are welcome. */
  prepare(layer: Layer): Promise<void>;
  workspace(opening: WorkspaceOpening): Promise<Workspace>;
  /** Composes the layer of a COPY or ADD whose files come from other layers; their indexes are in the store. */
  copy(request: CopyRequest): Promise<PackedLayer>;
  /**
   * Digest over what such a COPY or ADD would read (paths, types, modes, owners, content; no times): the content key of
   * the step. `onto` and `compression` play no part.
   */
  sourcesDigest(request: CopyRequest): Promise<Digest>;
  /** Removes unpacked layers and what killed runs left; returns what is gone. */
  prune(keep: readonly DiffId[]): Promise<{ readonly bytes: number; readonly layers: number }>;
}

export interface WorkspaceOpening {
  readonly label: string;
  /** Base's first. All prepared or preparable. */
  readonly layers: readonly Layer[];
  /** A folder of this machine that commands see and may change; it stays as it is, and so do the layers. */
  readonly folder?: FolderView;
}

/** Directories of this machine as one tree that is copied where something is written to it. */
export interface FolderView {
  /** Where commands find it. */
  readonly at: ImagePath;
  /** Uppermost first. */
  readonly lowers: readonly HostPath[];
}

export interface Workspace extends AsyncDisposable {
  /** Resolves when the command and all it started have ended. `onOutput` gets chunks in order. */
  run(job: Job, onOutput: OnOutput, signal?: AbortSignal): Promise<JobResult>;
  /** What changed since the workspace was opened or last committed, sorted by path. */
  changes(): Promise<readonly LayerEntry[]>;
  /** Packs the changes into a blob of the store with its index; later steps see them as a layer below. */
  commit(options: CommitOptions): Promise<PackedLayer>;
  /** A layer made elsewhere goes on top; its blob is in the store. */
  put(layer: Layer): Promise<void>;
  /** Packs files of the workspace's folder, as commands left it, into a blob of the store with its index. */
  collect(request: CollectRequest): Promise<CollectedFiles>;
}

export interface CollectRequest {
  /** As in `.dockerignore`: a directory stands for all below it, `!` for what is not meant. */
  readonly patterns: readonly string[];
  /** The directory of the folder that patterns are seen from; empty for itself. Paths are packed as seen from the folder. */
  readonly base: string;
  readonly compression: Compression;
}

export interface CollectedFiles {
  readonly layer: Layer;
  /** Patterns that name nothing that is there. */
  readonly unmatched: readonly string[];
}

/** `inherit`: the command has the terminal of the process (strake run). */
export type OnOutput = ((stream: 'stdout' | 'stderr', chunk: Uint8Array) => void) | 'inherit';

export interface CommitOptions {
  readonly compression: Compression;
  /** Paths, with all below them, that stay out of the layer. */
  readonly exclude: readonly ImagePath[];
}

/** A layer that lies in the store: blob, and index under its diff id. */
export interface PackedLayer {
  readonly layer: Layer;
  /** Bytes before compression. */
  readonly tarSize: number;
  readonly entries: number;
}

/** A COPY or ADD as plain data, so that it can be carried out in another process. */
export interface CopyRequest {
  readonly action: CopyAction;
  /** The image so far, base's first: what destinations and owners are looked up in. Empty where nothing is, with `--link`. */
  readonly onto: readonly DiffId[];
  /** Where sources come from when they are no context. */
  readonly from: readonly Layer[];
  readonly compression: Compression;
}
