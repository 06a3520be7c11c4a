import { problem } from '../base/errors.ts';
import { retry, type RetryPolicy } from '../base/retry.ts';
import type { HttpClient, HttpResponse, TlsOptions } from '../contract/http.ts';
import type { Credentials } from '../contract/offers.ts';
import { isTransient } from './connection-problem.ts';
import { isLoopback } from './proxies.ts';
import { isTransientStatus } from './refusal.ts';
import { retryAfter } from './retry-after.ts';

/** A token service and what to ask of it. */
export interface TokenQuestion {
  readonly registry: string;
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** Over which protocol the registry itself is asked. */
  readonly secure: boolean;
  readonly credentials: Credentials | undefined;
  readonly tls: TlsOptions | undefined;
  /** Milliseconds without a byte. */
  readonly idleTimeout: number | undefined;
  /** Ask for an identity token too, which is kept in place of the password. */
  readonly offline?: boolean;
}

export interface Token {
  readonly value: string;
  /** Milliseconds it may be used from now on. */
  readonly lifetime: number;
  /** An identity token, where it was asked for and the service gives any. */
  readonly refresh?: string;
}

/** What the token service said when it gave none. */
export interface TokenRefusal {
  readonly status: number;
  readonly text: string;
}

/** Seconds, where the service names none or nonsense (distribution specification, token response). */
const defaultLifetime = 60;

/** Asks a token service: GET with user and password or nobody's, POST with a refresh token. */
export async function fetchToken(
  http: HttpClient,
  question: TokenQuestion,
  policy: Omit<RetryPolicy, 'delayFor'>,
): Promise<Token | TokenRefusal> {
  const { realm, secure, registry, credentials } = question;
  if (secure && credentials && realm.protocol === 'http:' && !isLoopback(realm.hostname))
    throw problem('REGISTRY_ANSWER_INVALID', {
      registry,
      what: 'logging in',
      reason: `wants the credentials sent unprotected to ${realm.host}`,
    });
  return retry({ ...policy, delayFor: delayOf }, async () => {
    const answer = await http.request(tokenRequest(question, policy.signal));
    if (answer.status === 200) return readToken(registry, answer);
    if (!isTransientStatus(answer.status)) return { status: answer.status, text: await answer.text(64 << 10) };
    await answer.discard();
    const wait = retryAfter(answer.headers['retry-after']);
    throw answer.status === 429
      ? problem('RATE_LIMITED', {
          registry,
          what: 'logging in',
          anonymous: !credentials,
          ...(wait === undefined ? {} : { wait }),
        })
      : problem('REGISTRY_REFUSED', {
          registry: realm.host,
          what: 'logging in',
          status: answer.status,
          diagnostics: [],
        });
  });
}

function delayOf(error: unknown): number | undefined | false {
  const { code, facts } = error as { code?: string; facts?: { wait?: number } };
  if (code === 'RATE_LIMITED') return (facts?.wait ?? 0) > 60_000 ? false : facts?.wait;
  return code === 'REGISTRY_REFUSED' || isTransient(error) ? undefined : false;
}

function tokenRequest(question: TokenQuestion, signal: AbortSignal | undefined) {
  const { realm, service, scopes, credentials, tls, offline, idleTimeout } = question;
  const common = {
    redirects: 5,
    ...(tls ? { tls } : {}),
    ...(signal ? { signal } : {}),
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  };
  const headers: Record<string, string> = { accept: 'application/json' };
  if (credentials?.kind === 'refresh') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: credentials.token.reveal(),
      client_id: 'strake',
    });
    if (service !== undefined) form.set('service', service);
    form.set('scope', scopes.join(' '));
    headers['content-type'] = 'application/x-www-form-urlencoded';
    return { method: 'POST', url: realm, headers, body: form.toString(), ...common } as const;
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (offline) {
    url.searchParams.set('offline_token', 'true');
    url.searchParams.set('client_id', 'strake');
  }
  if (credentials?.kind === 'basic') {
    url.searchParams.set('account', credentials.username);
    headers['authorization'] = basicHeader(credentials);
  }
  return { method: 'GET', url, headers, ...common } as const;
}

export const basicHeader = ({ username, password }: Extract<Credentials, { kind: 'basic' }>): string =>
  `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;

async function readToken(registry: string, response: HttpResponse): Promise<Token> {
  const invalid = () =>
    problem('REGISTRY_ANSWER_INVALID', { registry, what: 'logging in', reason: 'got no token from its token service' });
  const text = await response.text(1 << 20);
  let answer: { token?: unknown; access_token?: unknown; refresh_token?: unknown; expires_in?: unknown };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch (cause) {
    throw Object.assign(invalid(), { cause });
  }
  const value = answer.token || answer.access_token;
  if (typeof value !== 'string') throw invalid();
  const seconds = typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : defaultLifetime;
  const refresh = answer.refresh_token;
  return { value, lifetime: seconds * 1000, ...(typeof refresh === 'string' && refresh !== '' && { refresh }) };
}
