import type { HostPath } from '../base/brand.ts';
import type { Report } from '../base/events.ts';
import type { Platform } from '../oci/image.ts';
import type { HttpClient } from './http.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** The outside, handed in. Below the command line nothing reads a global. */
export interface World {
  readonly cwd: HostPath;
  readonly env: Env;
  readonly home: HostPath;
  /** Real ids of the process; -1 where the system has none. */
  readonly uid: number;
  readonly gid: number;
  readonly host: Platform;
  /** Aborted by SIGINT, SIGTERM or the caller. */
  readonly signal: AbortSignal;
  now(): Date;
  /** A fresh directory, removed when the build ends; also by the next run, should this one be killed. */
  tempDir(label: string): Promise<HostPath>;
  report: Report;
  /** Loaded at the first call: a build that talks to nobody does not pay for it. */
  http(): Promise<HttpClient>;
  stdin(): AsyncIterable<Uint8Array>;
}
