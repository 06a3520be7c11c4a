import type { BuilderHooks } from './hooks.ts';
import type { CacheType } from './caches.ts';
import type { IsolationOffer } from './isolation.ts';
import type { CacheBackend, ContextSource, CredentialProvider, ImageSource, Output } from './offers.ts';

/** Raised when what plugins see changes so that older ones break. */
export const contractVersion = 1;

/** Something that brings nouns or taps moments. Plain data and functions; one instance may serve several builds. */
export interface Plugin {
  /** Shows in errors, events and `strake plugins`. */
  readonly name: string;
  /** Where among the others its taps and offers stand. */
  readonly enforce?: 'pre' | 'post';
  readonly contexts?: readonly ContextSource[];
  readonly images?: readonly ImageSource[];
  readonly caches?: readonly CacheBackend[];
  readonly cacheTypes?: readonly CacheType[];
  readonly credentials?: readonly CredentialProvider[];
  readonly outputs?: readonly Output[];
  readonly isolations?: readonly IsolationOffer[];
  /** Enters the keys of every step: name a version and the options here when the plugin changes jobs or Dockerfiles. */
  readonly cacheKey?: string;
  apply?(hooks: BuilderHooks): void;
}

const stamp = Symbol.for('strake.contract');

/** Keeps the options' types and stamps the contract version, so that a stale copy is named at install time. */
export const definePlugin =
  <Options extends unknown[]>(factory: (...options: Options) => Plugin): ((...options: Options) => Plugin) =>
  (...options) =>
    Object.defineProperty(factory(...options), stamp, { value: contractVersion });

/** The contract a plugin was made for; `undefined` when `definePlugin` did not make it. */
export const contractOf = (plugin: Plugin): unknown => (plugin as unknown as Record<symbol, unknown>)[stamp];
