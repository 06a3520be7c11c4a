import type { RetryPolicy } from '../base/retry.ts';
import type { HttpClient } from '../contract/http.ts';
import { problem } from '../base/errors.ts';
import type { Challenge } from './challenge.ts';
import type { Login } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import { diagnosticLines, parseDiagnostics } from './refusal.ts';
import { covers, scopesOf, type Need } from './scopes.ts';
import { basicHeader, fetchToken } from './tokens.ts';

/** An Authorization header to try. */
export interface Grant {
  /** Absent: the registry has asked for none, or there is none to give. */
  readonly header?: string;
  readonly who: string;
  readonly anonymous: boolean;
  /** The registry did not take it: do not use it again. */
  reject(): void;
}

export interface Authorizer {
  grant(need: Need, endpoint: Endpoint): Promise<Grant>;
  /** Remembers how the registry wants to be asked; called with each 401. */
  learn(need: Need, challenges: readonly Challenge[]): void;
}

export interface AuthorizerDeps {
  readonly http: () => Promise<HttpClient>;
  readonly login: (need: Need) => Promise<Login>;
  readonly policy: Omit<RetryPolicy, 'delayFor'>;
}

interface Held {
  readonly scopes: readonly string[];
  readonly value: string;
  /** `performance.now()` of its last moment. */
  readonly until: number;
}

/** Milliseconds a token is given up before it ends, so that it does not end on its way. */
const margin = 10_000;

/** Headers for requests: basic, or tokens kept until they end, one question for many requests that need the same. */
export function createAuthorizer({ http, login, policy }: AuthorizerDeps): Authorizer {
  const challenges = new Map<string, Challenge>();
  const extraScopes = new Map<string, ReadonlySet<string>>();
  const held = new Map<string, Held[]>();
  const asking = new Map<string, Promise<string>>();

  const token = async (need: Need, challenge: Challenge, endpoint: Endpoint, by: Login): Promise<Grant> => {
    const scopes = scopesOf(need, [...(extraScopes.get(placeOf(need)) ?? [])]);
    const service = challenge.parameters.get('service');
    const at = `${need.registry} ${challenge.parameters.get('realm')} ${service ?? ''}`;
    const present = held.get(at)?.find((one) => one.until > performance.now() && covers(one.scopes, scopes));
    const key = `${at} ${scopes.join(' ')}`;
    const value = present?.value ?? (await (asking.get(key) ?? askOnce(key, at, scopes)));
    return {
      header: `Bearer ${value}`,
      ...who(by),
      reject: () =>
        held.set(
          at,
          (held.get(at) ?? []).filter((one) => one.value !== value),
        ),
    };

    function askOnce(name: string, place: string, wanted: readonly string[]): Promise<string> {
      const answer = askToken(need, challenge, endpoint, by, wanted)
        .then(({ value: fresh, lifetime }) => {
          const until = performance.now() + lifetime - Math.min(margin, lifetime / 4);
          held.set(place, [
            ...(held.get(place) ?? []).filter((one) => one.until > performance.now()),
            { scopes: wanted, value: fresh, until },
          ]);
          return fresh;
        })
        .finally(() => asking.delete(name));
      asking.set(name, answer);
      return answer;
    }
  };

  const askToken = async (
    need: Need,
    challenge: Challenge,
    endpoint: Endpoint,
    by: Login,
    scopes: readonly string[],
  ) => {
    const { registry, repository, actions } = need;
    const realm = URL.parse(challenge.parameters.get('realm') ?? '', endpoint.base.href);
    if (realm === null || !/^https?:$/.test(realm.protocol))
      throw problem('REGISTRY_ANSWER_INVALID', { registry, what: 'logging in', reason: 'names no token service' });
    const sameServer = realm.origin === endpoint.base.origin;
    const answer = await fetchToken(
      await http(),
      {
        registry,
        realm,
        service: challenge.parameters.get('service'),
        scopes,
        secure: endpoint.base.protocol === 'https:',
        credentials: by.credentials,
        // Another server gets no client certificate, but a private CA often signs both.
        tls: sameServer ? endpoint.tls : endpoint.tls?.ca === undefined ? undefined : { ca: endpoint.tls.ca },
      },
      policy,
    );
    if ('value' in answer) return answer;
    const diagnostics = [`The token service ${realm.host} answered with status ${answer.status}.`];
    diagnostics.push(...diagnosticLines(parseDiagnostics(answer.text)));
    throw problem('REGISTRY_DENIED', { registry, repository, actions, ...who(by), diagnostics });
  };

  return {
    async grant(need, endpoint) {
      const challenge = challenges.get(need.registry);
      if (challenge === undefined) return { who: 'no credentials', anonymous: true, reject: () => {} };
      const by = await login(need);
      const { credentials } = by;
      if (credentials?.kind === 'bearer')
        return { header: `Bearer ${credentials.token.reveal()}`, ...who(by), reject: () => {} };
      if (challenge.scheme === 'bearer') return token(need, challenge, endpoint, by);
      const header = credentials?.kind === 'basic' ? { header: basicHeader(credentials) } : {};
      return { ...header, ...who(by), reject: () => {} };
    },
    learn(need, offered) {
      const challenge =
        offered.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm')) ??
        offered.find(({ scheme }) => scheme === 'basic');
      if (challenge === undefined) return;
      challenges.set(need.registry, challenge);
      const asked = challenge.parameters.get('scope')?.split(' ') ?? [];
      const place = placeOf(need);
      extraScopes.set(place, new Set([...(extraScopes.get(place) ?? []), ...asked]));
    },
  };
}

const placeOf = (need: Need): string => `${need.registry}/${need.repository} ${need.actions.join(',')}`;
const who = (by: Login): { who: string; anonymous: boolean } => ({
  who: by.who,
  anonymous: by.credentials === undefined,
});
