import type { BaseQuery } from '../contract/hooks.ts';
import type { BuildPlan, ContextId, ImageRequest, ResolvedImage } from '../contract/model.ts';
import type { Dockerfile } from '../dockerfile/index.ts';
import type { Pairs, Platform } from '../oci/image.ts';
import { printPlatform } from '../oci/platform.ts';

/** All that planning is told; nothing else enters a plan. */
export interface PlanInput {
  /** Every image of the run, and those their contexts lead to. */
  readonly images: readonly PlanImage[];
  /** Images found so far, by `queryKey`. */
  readonly bases: ReadonlyMap<string, ResolvedImage>;
  /** What BUILDPLATFORM is. */
  readonly host: Platform;
  /** `cacheKey` of every plugin that has one; part of every step's key. */
  readonly pluginKeys: readonly string[];
  /** Proxies of the machine, as environment names; build args of the same name win. Never part of a key. */
  readonly proxies: Pairs;
  /** Seconds since 1970; what a declared SOURCE_DATE_EPOCH holds where no build arg says otherwise. */
  readonly sourceDateEpoch?: number;
}

export interface PlanImage {
  readonly request: ImageRequest;
  readonly dockerfile: Dockerfile;
  /** Never empty: the request's, or the host's. */
  readonly platforms: readonly Platform[];
  readonly context: ContextId;
  /** For people: the main context as given. */
  readonly contextLabel: string;
  /** A name may end in `::linux/arm64` to hold for one platform. */
  readonly contexts: readonly PlanContext[];
}

/** A named context and what it turned out to be. */
export type PlanContext = { readonly name: string } & (
  | { readonly kind: 'context'; readonly id: ContextId }
  /** The final stage of another image of the run. */
  | { readonly kind: 'image'; readonly image: string }
  /** An image to look up by this text: `debian:12`, `oci-layout://dir`. */
  | { readonly kind: 'resolved'; readonly text: string }
);

/** The whole plan, or the images to look up before there can be one. */
export type Planned =
  | { readonly kind: 'plan'; readonly plan: BuildPlan }
  | { readonly kind: 'needs'; readonly bases: readonly BaseQuery[] };

/** Where `PlanInput.bases` holds what was found for a query. */
export const queryKey = (query: BaseQuery): string => `${printPlatform(query.platform)} ${query.text}`;
