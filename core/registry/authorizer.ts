import { problem } from '../base/errors.ts';
import type { RetryPolicy } from '../base/retry.ts';
import type { HttpClient } from '../contract/http.ts';
import type { Challenge } from './challenge.ts';
import type { Login } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import type { Place } from './places.ts';
import { diagnosticLines, parseDiagnostics } from './refusal.ts';
import { scopesOf, type Need } from './scopes.ts';
import { createTokenShelf } from './token-shelf.ts';
import { basicHeader, fetchToken, type Token } from './tokens.ts';

/** An Authorization header to try. */
export interface Grant {
  /** Absent: the registry has asked for none, or there is none to give. */
  readonly header?: string;
  readonly who: string;
  readonly anonymous: boolean;
  /** What helps where it is not taken, if its provider says so. */
  readonly ifDenied?: string;
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
  policyFor(place: Place): Omit<RetryPolicy, 'delayFor'>;
  timeoutOf(registry: string): number | undefined;
}

/** Headers for requests: basic, or tokens kept until they end. */
export function createAuthorizer(deps: AuthorizerDeps): Authorizer {
  const challenges = new Map<string, Challenge>();
  const extraScopes = new Map<string, ReadonlySet<string>>();
  const tokens = createTokenShelf();

  const tokenGrant = async (need: Need, challenge: Challenge, endpoint: Endpoint, by: Login): Promise<Grant> => {
    const scopes = scopesOf(need, [...(extraScopes.get(placeOf(need)) ?? [])]);
    const service = `${need.registry} ${challenge.parameters.get('realm')} ${challenge.parameters.get('service') ?? ''}`;
    const value = await tokens.take(service, scopes, () => askToken(deps, { need, challenge, endpoint, by, scopes }));
    const taken = performance.now();
    return { header: `Bearer ${value}`, ...who(by), reject: () => tokens.forget(service, taken) };
  };

  return {
    async grant(need, endpoint) {
      const challenge = challenges.get(need.registry);
      if (challenge === undefined) return { who: 'no credentials', anonymous: true, reject: () => {} };
      const by = await deps.login(need);
      if (challenge.scheme === 'bearer' && by.credentials?.kind !== 'bearer')
        return tokenGrant(need, challenge, endpoint, by);
      return { ...ownHeader(by), ...who(by), reject: () => {} };
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

/** Credentials that go to the registry itself. */
function ownHeader({ credentials }: Login): { header?: string } {
  if (credentials?.kind === 'bearer') return { header: `Bearer ${credentials.token.reveal()}` };
  return credentials?.kind === 'basic' ? { header: basicHeader(credentials) } : {};
}

interface TokenWanted {
  readonly need: Need;
  readonly challenge: Challenge;
  readonly endpoint: Endpoint;
  readonly by: Login;
  readonly scopes: readonly string[];
}

async function askToken({ http, policyFor, timeoutOf }: AuthorizerDeps, wanted: TokenWanted): Promise<Token> {
  const { need, challenge, endpoint, by, scopes } = wanted;
  const { registry, repository, actions } = need;
  const realm = URL.parse(challenge.parameters.get('realm') ?? '', endpoint.base.href);
  if (realm === null || !/^https?:$/.test(realm.protocol))
    throw problem('REGISTRY_ANSWER_INVALID', { registry, what: 'logging in', reason: 'names no token service' });
  const { tls } = endpoint;
  const question = {
    registry,
    realm,
    service: challenge.parameters.get('service'),
    scopes,
    secure: endpoint.base.protocol === 'https:',
    credentials: by.credentials,
    idleTimeout: timeoutOf(registry),
    // Another server gets no client certificate, but a private CA often signs both.
    tls: realm.origin === endpoint.base.origin ? tls : tls?.ca === undefined ? undefined : { ca: tls.ca },
  };
  const answer = await fetchToken(await http(), question, policyFor(need));
  if ('value' in answer) return answer;
  const diagnostics = [
    `The token service ${realm.host} answered with status ${answer.status}.`,
    ...diagnosticLines(parseDiagnostics(answer.text)),
  ];
  throw problem('REGISTRY_DENIED', { registry, repository, actions, ...who(by), diagnostics });
}

const placeOf = (need: Need): string => `${need.registry}/${need.repository} ${need.actions.join(',')}`;
const who = ({ who, credentials }: Login): Pick<Grant, 'who' | 'anonymous' | 'ifDenied'> => ({
  who,
  anonymous: credentials === undefined,
  ...(credentials?.ifDenied !== undefined && { ifDenied: credentials.ifDenied }),
});
