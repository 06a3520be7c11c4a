import { problem } from '../base/errors.ts';
import { resultMistake } from './plugin-shape.ts';
import type { Plugin } from './plugin.ts';
import { attributed } from './tap-guard.ts';
import type { Offers } from './workshop.ts';

type Kind = keyof Offers;

/** Gathers what plugins offer, in their order; what an offer throws names its plugin. */
export function guardOffers(plugins: readonly Plugin[]): Offers {
  const of = <K extends Kind>(kind: K): Offers[K] =>
    plugins.flatMap((plugin) => (plugin[kind] ?? []).map((offer) => guardOffer(offer, plugin.name, kind))) as never;
  return {
    contexts: of('contexts'),
    images: of('images'),
    caches: of('caches'),
    cacheTypes: of('cacheTypes'),
    credentials: of('credentials'),
    outputs: of('outputs'),
    isolations: of('isolations'),
  };
}

/**
 * Methods are called on the offer itself: it may be an object with private fields. The proxy stands on an empty object
 * above it, as one on a frozen offer may give out nothing but the very functions that are frozen.
 */
function guardOffer<T extends object>(offer: T, plugin: string, kind: Kind): T {
  return new Proxy(Object.create(offer) as T, {
    get(_, key) {
      const value: unknown = Reflect.get(offer, key, offer);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        try {
          const result: unknown = Reflect.apply(value, offer, args);
          if (!(result instanceof Promise)) return result;
          return result.then(
            (given: unknown) => fitting(given, plugin, kind, String(key)),
            (error: unknown) => {
              throw attributed(error, plugin, `${kind}.${String(key)}`);
            },
          );
        } catch (error) {
          throw attributed(error, plugin, `${kind}.${String(key)}`);
        }
      };
    },
  });
}

function fitting(given: unknown, plugin: string, kind: Kind, method: string): unknown {
  const reason = resultMistake(kind, method, given);
  if (reason !== undefined) throw problem('PLUGIN_INVALID', { plugin, reason, see: 'types' }, { plugin });
  return given;
}
