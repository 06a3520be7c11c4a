import type { CarriedError } from '../../base/carried-error.ts';
import type { ImagePath } from '../../base/brand.ts';
import type { Job } from '../../contract/job.ts';
import type { Bookkeeping } from './marks.ts';

/** Directories the worker mounts on, each in namespaces of its own: several steps use the same ones at a time. */
export interface LaunchPlaces {
  /** The step's root. */
  readonly root: string;
  /** Where a holder mounts the /proc of its processes. */
  readonly proc: string;
  /** Where everything else that steps see is put together. */
  readonly box: string;
}

/** What this machine and user allow, found out when the worker starts. */
export interface LaunchRights {
  readonly bookkeeping: Bookkeeping;
  /** A /proc of its own for each step; else the one of the machine is shown. */
  readonly freshProc: boolean;
  /** One id: nobody else to become, and no groups to set. */
  readonly singleId: boolean;
}

/** A command on its way into a tree: plain data, for the thread that starts commands. */
export interface Launch {
  /** Number of the process whose namespaces the command gets. */
  readonly holder: number;
  /** Uppermost first; at least one. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly folder?: LaunchFolder;
  readonly job: Job;
  /** The command has the terminal of the process. */
  readonly inherit: boolean;
}

/** A folder of the machine in the tree: copied where the command writes to it. */
export interface LaunchFolder {
  readonly at: ImagePath;
  /** Uppermost first. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
}

/** To the thread. */
export type LaunchRequest =
  | { readonly type: 'launch'; readonly id: number; readonly launch: Launch }
  /** So many bytes of output were handed on. */
  | { readonly type: 'taken'; readonly id: number; readonly bytes: number };

/** From the thread. */
export type LaunchReport =
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly chunk: Uint8Array }
  /** The command has ended; what it started may still run. */
  | { readonly type: 'exited'; readonly id: number; readonly status: number }
  /** Everything it wrote has been reported. */
  | { readonly type: 'closed'; readonly id: number; readonly made: readonly ImagePath[] }
  | { readonly type: 'failed'; readonly id: number; readonly error: CarriedError; readonly made: readonly ImagePath[] };
