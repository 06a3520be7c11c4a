import type { Scope } from '../base/scope.ts';
import type { CacheType } from './caches.ts';
import type { BuilderHooks } from './hooks.ts';
import type { Isolation, IsolationOffer } from './isolation.ts';
import type { CacheBackend, ContextSource, CredentialProvider, ImageSource, Output } from './offers.ts';
import type { Surroundings } from './surroundings.ts';

/** What every phase is given besides its input. Lives as long as one call of `build`. */
export interface Workshop extends Surroundings {
  readonly hooks: BuilderHooks;
  readonly offers: Offers;
  readonly isolation: IsolationChoice;
  readonly scope: Scope;
}

/** Everything plugins brought, in the order they are asked. */
export interface Offers {
  readonly contexts: readonly ContextSource[];
  readonly images: readonly ImageSource[];
  readonly caches: readonly CacheBackend[];
  readonly cacheTypes: readonly CacheType[];
  readonly credentials: readonly CredentialProvider[];
  readonly outputs: readonly Output[];
  readonly isolations: readonly IsolationOffer[];
}

/** The isolation of a build, chosen by probing from the top and opened when first needed. */
export interface IsolationChoice {
  /** Which it is and why; probes at the first call. */
  choose(): Promise<{
    readonly offer: IsolationOffer;
    readonly mode: string;
    readonly exact: boolean;
    readonly runs: boolean;
    readonly reasons: readonly string[];
  }>;
  /** Starts the worker at the first call. */
  open(): Promise<Isolation>;
}
