import type { Digest, DiffId } from '../base/brand.ts';
import type { Json } from '../base/canonical-json.ts';

/** A list of pairs, in order; keys are unique. Used wherever keys come from users. */
export type Pairs = readonly (readonly [key: string, value: string])[];

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Pairs;
  readonly platform?: Platform;
  readonly artifactType?: string;
  /** Where else the blob may be had: foreign layers. */
  readonly urls?: readonly string[];
  /** The blob itself in base64, where it is small. */
  readonly data?: string;
}

/** Nanoseconds in the durations, as the wire has them. */
export interface Healthcheck {
  readonly test?: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

/** How a container of the image runs: `config` in an image config, with what docker adds to it. */
export interface RuntimeConfig {
  readonly user?: string;
  readonly exposedPorts: readonly string[];
  readonly env: Pairs;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir?: string;
  readonly labels: Pairs;
  readonly stopSignal?: string;
  readonly healthcheck?: Healthcheck;
  readonly shell?: readonly string[];
  readonly onBuild: readonly string[];
  /** The command is one line that Windows takes as it is. */
  readonly argsEscaped?: boolean;
  /** Members of `config` that nobody here knows, passed on as they came. */
  readonly extra?: readonly (readonly [name: string, value: Json])[];
}

export const emptyRuntimeConfig: RuntimeConfig = { exposedPorts: [], env: [], volumes: [], labels: [], onBuild: [] };

export interface HistoryEntry {
  /** RFC 3339; absent when nobody recorded it. */
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly emptyLayer?: boolean;
}

/** An image config as strake knows it, read from or about to become a blob. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly created?: string;
  readonly author?: string;
  readonly config: RuntimeConfig;
  readonly diffIds: readonly DiffId[];
  readonly history: readonly HistoryEntry[];
}

export interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Pairs;
  /** What the manifest is about, where it is something other than an image. */
  readonly artifactType?: string;
  /** The manifest that this one says something of. */
  readonly subject?: Descriptor;
}

/** An image index: one name, several manifests. */
export interface ImageIndex {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations: Pairs;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** A parsed image name. */
export interface Reference {
  /** `docker.io`, `registry.example:5000`; what follows the host is never part of it. */
  readonly registry: string;
  /** `library/debian`, `team/app` */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}
