import { problem } from '../base/errors.ts';
import type { RetryPolicy } from '../base/retry.ts';
import { Secret } from '../base/secret.ts';
import type { HttpClient, HttpResponse } from '../contract/http.ts';
import type { Credentials } from '../contract/offers.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import type { Place } from './places.ts';
import { diagnosticLines, parseDiagnostics, readDiagnostics, type Diagnostic } from './refusal.ts';
import { basicHeader, fetchToken, type Token } from './tokens.ts';

export interface LoginDeps {
  readonly http: () => Promise<HttpClient>;
  readonly endpoints: Endpoints;
  policyFor(place: Place): Omit<RetryPolicy, 'delayFor'>;
  /** Milliseconds without a byte, where the settings say. */
  timeoutOf(registry: string): number | undefined;
  readonly signal: AbortSignal;
}

/** Logs in as docker does: asks `/v2/` who must say what, says it, and asks once more. */
export async function checkLogin(deps: LoginDeps, registry: string, credentials: Credentials): Promise<Credentials> {
  const { endpoint, response } = await deps.endpoints.ask(registry, (at) => ping(deps, registry, at));
  await response.discard();
  const challenge = challengeOf(registry, response);
  // A registry that lets everybody in has nothing to say about a login.
  if (challenge === undefined) return credentials;
  const token =
    challenge.scheme === 'bearer' && credentials.kind !== 'bearer'
      ? await tokenFor(deps, registry, credentials, challenge, endpoint)
      : undefined;
  const header = token ? `Bearer ${token.value}` : headerOf(registry, credentials);
  const answer = await ping(deps, registry, endpoint, header);
  if (answer.status !== 200) throw refused(registry, credentials, answer.status, await readDiagnostics(answer));
  await answer.discard();
  return token?.refresh === undefined ? credentials : { kind: 'refresh', token: new Secret(token.refresh) };
}

async function ping(
  { http, timeoutOf, signal }: LoginDeps,
  registry: string,
  { base, tls }: Endpoint,
  authorization?: string,
): Promise<HttpResponse> {
  const idleTimeout = timeoutOf(registry);
  return (await http()).request({
    method: 'GET',
    url: new URL('/v2/', base),
    signal,
    ...(authorization !== undefined && { headers: { authorization } }),
    ...(tls && { tls }),
    ...(idleTimeout !== undefined && { idleTimeout }),
  });
}

async function tokenFor(
  { http, policyFor, timeoutOf }: LoginDeps,
  registry: string,
  credentials: Credentials,
  { parameters }: Challenge,
  { base, tls }: Endpoint,
): Promise<Token> {
  const realm = new URL(parameters.get('realm')!);
  const question = {
    registry,
    realm,
    service: parameters.get('service'),
    scopes: [],
    secure: base.protocol === 'https:',
    credentials,
    idleTimeout: timeoutOf(registry),
    // Another server gets no client certificate, but a private CA often signs both.
    tls: realm.origin === base.origin ? tls : tls?.ca === undefined ? undefined : { ca: tls.ca },
    offline: true,
  };
  const answer = await fetchToken(await http(), question, policyFor({ registry, repository: '' }));
  if ('value' in answer) return answer;
  throw refused(registry, credentials, answer.status, parseDiagnostics(answer.text));
}

function challengeOf(registry: string, { status, headers }: HttpResponse): Challenge | undefined {
  if (status === 200) return undefined;
  const offered = parseChallenges(headers['www-authenticate']);
  const challenge =
    offered.find(({ scheme, parameters }) => scheme === 'bearer' && URL.canParse(parameters.get('realm') ?? '')) ??
    offered.find(({ scheme }) => scheme === 'basic');
  if (status === 401 && challenge !== undefined) return challenge;
  throw problem('REGISTRY_ANSWER_INVALID', { registry, what: 'logging in', reason: `says ${status} to everybody` });
}

function headerOf(registry: string, credentials: Credentials): string {
  if (credentials.kind === 'basic') return basicHeader(credentials);
  if (credentials.kind === 'bearer') return `Bearer ${credentials.token.reveal()}`;
  const reason = 'wants a user and a password, and has no token service for an identity token';
  throw problem('REGISTRY_ANSWER_INVALID', { registry, what: 'logging in', reason });
}

function refused(registry: string, credentials: Credentials, status: number, diagnostics: readonly Diagnostic[]) {
  const lines = diagnosticLines(diagnostics);
  if (status !== 401 && status !== 403)
    return problem('REGISTRY_REFUSED', { registry, what: 'logging in', status, diagnostics: lines });
  const who = credentials.kind === 'basic' ? credentials.username : 'a token';
  return problem('LOGIN_REFUSED', { registry, who, diagnostics: lines });
}
