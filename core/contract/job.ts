import type { HostPath, ImagePath } from '../base/brand.ts';
import type { Pairs, Platform } from '../oci/image.ts';

/** One command in a rootfs, complete: what the `job` hook may change and every isolation understands. */
export interface Job {
  readonly argv: readonly string[];
  readonly env: Pairs;
  readonly cwd: ImagePath;
  /** `user[:group]`, names or ids; looked up in the rootfs when the command starts. Empty: root. */
  readonly user: string;
  readonly hostname: string;
  /** `host`: shares the host's network. `none`: a loopback of its own. */
  readonly network: 'host' | 'none';
  readonly platform: Platform;
  /** Files put beside the rootfs for the command alone: a heredoc script. They never enter a layer. */
  readonly files: readonly JobFile[];
  readonly mounts: readonly JobMount[];
  /** Fed to the command; absent: nothing. */
  readonly stdin?: string;
}

export interface JobFile {
  readonly path: ImagePath;
  readonly content: string;
  readonly mode: number;
}

/** A path of the host seen inside; what is written there never enters a layer. */
export interface JobMount {
  readonly source: HostPath;
  readonly target: ImagePath;
  readonly readOnly: boolean;
}

export interface JobResult {
  /** 128 + n when ended by signal n, as a shell says it. */
  readonly status: number;
  readonly ms: number;
}
