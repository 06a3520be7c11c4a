import { callerFile, ownFolder } from './own-place.ts';
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
  /** Where among the others its taps and offers stand: before or after all that say nothing. */
  readonly enforce?: 'pre' | 'post';
  /** Names of plugins that its taps and offers stand before, whatever `enforce` says; those that are not there do not matter. */
  readonly before?: string | readonly string[];
  /** Names of plugins that its taps and offers stand after, likewise. */
  readonly after?: string | readonly string[];
  readonly contexts?: readonly ContextSource[];
  readonly images?: readonly ImageSource[];
  readonly caches?: readonly CacheBackend[];
  readonly cacheTypes?: readonly CacheType[];
  readonly credentials?: readonly CredentialProvider[];
  readonly outputs?: readonly Output[];
  readonly isolations?: readonly IsolationOffer[];
  /**
   * Enters the keys of every step: name a version and the options here when the plugin changes jobs or Dockerfiles.
   * `false`: what it does to a job decides nothing about what comes of it, and machines with and without the plugin find
   * one another's steps.
   */
  readonly cacheKey?: string | false;
  apply?(hooks: BuilderHooks): void;
}

const stamp = Symbol.for('strake.contract');
const origin = Symbol.for('strake.origin');

/** Where a plugin comes from. */
export interface PluginOrigin {
  /** The file that called `definePlugin`. */
  readonly file: string | undefined;
  /** The copy of strake whose `definePlugin` that was: its folder. */
  readonly copy: string;
}

/**
 * Keeps the options' types and stamps the contract version and where the plugin comes from, so that a stale copy is
 * named at install time.
 */
export const definePlugin = <Options extends unknown[]>(
  factory: (...options: Options) => Plugin,
): ((...options: Options) => Plugin) => {
  const made: PluginOrigin = { file: callerFile(), copy: ownFolder };
  return (...options) =>
    Object.defineProperties(factory(...options), {
      [stamp]: { value: contractVersion },
      [origin]: { value: made },
    });
};

type Stamped = Readonly<Record<symbol, unknown>>;

/** The contract a plugin was made for; `undefined` when `definePlugin` did not make it. */
export const contractOf = (plugin: Plugin): unknown => (plugin as unknown as Stamped)[stamp];

/** `undefined` when `definePlugin` did not make it, or that of a strake too old to tell. */
export const originOf = (plugin: Plugin): PluginOrigin | undefined =>
  (plugin as unknown as Stamped)[origin] as PluginOrigin | undefined;
