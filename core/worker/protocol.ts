import type { DiffId, Digest, HostPath } from '../base/brand.ts';
import type { CarriedError } from '../base/carried-error.ts';
import type { LayerEntry } from '../archive/entry.ts';
import type {
  CollectedFiles,
  CollectRequest,
  CommitOptions,
  CopyRequest,
  IsolationTraits,
  PackedLayer,
  WorkspaceOpening,
} from '../contract/isolation.ts';
import type { Job, JobResult } from '../contract/job.ts';
import type { Layer } from '../contract/model.ts';
import type { Entrance } from '../isolation/overlay/enter-namespaces.ts';

/** Raised with every change of what is said; both sides come from one installation, unless somebody mixed them. */
export const protocolVersion = 2;

/** What the worker is started with; no secret is among it. */
export interface WorkerSettings {
  readonly store: HostPath;
  /** Who it is in its user namespace, and so which files it can make and read. */
  readonly rank: Entrance['rank'];
  /** A /proc of its own can be mounted for each step. */
  readonly freshProc: boolean;
}

export interface Hello {
  readonly hello: number;
  readonly traits: IsolationTraits;
}

/** Every call the worker answers: arguments, and what comes back. Workspaces are known by number. */
export interface WorkerCalls {
  missing(layers: readonly Layer[]): readonly DiffId[];
  prepare(layer: Layer): void;
  open(opening: WorkspaceOpening): number;
  run(workspace: number, job: Job, inherit: boolean): JobResult;
  changes(workspace: number): readonly LayerEntry[];
  commit(workspace: number, options: CommitOptions): PackedLayer;
  put(workspace: number, layer: Layer): void;
  collect(workspace: number, request: CollectRequest): CollectedFiles;
  dispose(workspace: number): void;
  copy(request: CopyRequest): PackedLayer;
  sourcesDigest(request: CopyRequest): Digest;
  prune(keep: readonly DiffId[]): { readonly bytes: number; readonly layers: number };
  /** Removes what is left over; the worker ends when its pipe does. */
  close(): void;
}
export type CallName = keyof WorkerCalls;

/** To the worker. */
export type Request =
  | { readonly id: number; readonly call: CallName; readonly args: readonly unknown[] }
  | { readonly cancel: number };

/** From the worker. */
export type Reply =
  | Hello
  | { readonly id: number; readonly output: 'stdout' | 'stderr'; readonly chunk: Uint8Array }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: CarriedError };
