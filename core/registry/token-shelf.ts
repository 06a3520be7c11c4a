import { covers } from './scopes.ts';
import type { Token } from './tokens.ts';

/** Tokens that are still good. */
export interface TokenShelf {
  /** A token of the service for at least these scopes; one question for all who ask for the same at once. */
  take(service: string, scopes: readonly string[], ask: () => Promise<Token>): Promise<string>;
  /** Forgets what was there at this moment (`performance.now()`): the registry no longer takes it. */
  forget(service: string, before: number): void;
}

interface Held {
  readonly scopes: readonly string[];
  readonly value: string;
  /** `performance.now()` when it came and of its last moment. */
  readonly since: number;
  readonly until: number;
}

/** Milliseconds a token is given up before it ends, so that it does not end on its way. */
const margin = 10_000;

export function createTokenShelf(): TokenShelf {
  const held = new Map<string, readonly Held[]>();
  const asking = new Map<string, Promise<string>>();
  const good = (service: string): readonly Held[] =>
    (held.get(service) ?? []).filter(({ until }) => until > performance.now());

  const fetch = async (service: string, scopes: readonly string[], ask: () => Promise<Token>): Promise<string> => {
    const { value, lifetime } = await ask();
    const since = performance.now();
    const until = since + lifetime - Math.min(margin, lifetime / 4);
    held.set(service, [...good(service), { scopes, value, since, until }]);
    return value;
  };

  return {
    async take(service, scopes, ask) {
      const present = good(service).find((one) => covers(one.scopes, scopes));
      if (present !== undefined) return present.value;
      const key = `${service} ${scopes.join(' ')}`;
      let answer = asking.get(key);
      if (answer === undefined) {
        answer = fetch(service, scopes, ask).finally(() => asking.delete(key));
        asking.set(key, answer);
      }
      return answer;
    },
    forget(service, before) {
      held.set(
        service,
        good(service).filter(({ since }) => since > before),
      );
    },
  };
}
