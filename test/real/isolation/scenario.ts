/** What a driver process is told to do, and what it says; plain data, as it may run as another user. */
import type { CopyAction } from '../../../core/contract/model.ts';
import type { Job, JobMount } from '../../../core/contract/job.ts';
import type { Compression } from '../../../core/archive/entry.ts';

export interface Scenario {
  readonly store: string;
  /** Absent: what the probe finds. */
  readonly rank?: 'root' | 'user' | 'single';
  readonly freshProc?: boolean;
  readonly isolation?: 'overlay' | 'assemble';
  /** Layers say that they are something else. */
  readonly falseDiffId?: boolean;
  /** Plain tars, base's first: what the workspace is opened on. */
  readonly layers: readonly string[];
  readonly actions: readonly Action[];
}

export type ShellJob = Partial<Omit<Job, 'argv' | 'mounts'>> & {
  readonly script?: string;
  readonly argv?: readonly string[];
  readonly mounts?: readonly JobMount[];
};

export type Action =
  | { readonly do: 'run'; readonly job: ShellJob; readonly abortAfter?: number; readonly inherit?: boolean }
  /** Each in a workspace of its own, all at the same time; what they wrote, in order. */
  | { readonly do: 'together'; readonly jobs: readonly ShellJob[] }
  /** Commands that write nothing, one after the other; how long each took. */
  | { readonly do: 'time'; readonly count: number }
  | { readonly do: 'changes' }
  | { readonly do: 'commit'; readonly exclude?: readonly string[]; readonly compression?: Compression }
  | { readonly do: 'put'; readonly layer: string }
  /** A new workspace on all layers so far. */
  | { readonly do: 'reopen' }
  /** The layers so far as another workspace sees them, unpacked anew where they are not. */
  | { readonly do: 'copy'; readonly action: Partial<CopyAction>; readonly from?: 'image' | 'result' }
  | { readonly do: 'prune'; readonly keepNone?: boolean }
  | { readonly do: 'mark'; readonly text: string };

/** One line for each action. */
export interface Outcome {
  readonly status?: number;
  readonly out?: string;
  readonly err?: string;
  /** `type mode uid:gid size mtime path extra` */
  readonly changes?: readonly string[];
  readonly layer?: {
    readonly diffId: string;
    readonly digest: string;
    readonly blob: string;
    readonly entries: number;
  };
  readonly times?: readonly number[];
  readonly pruned?: { readonly bytes: number; readonly layers: number };
  readonly digest?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly exit?: number; readonly hint?: string };
}
