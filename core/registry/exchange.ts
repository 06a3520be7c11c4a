import { BuildError, problem } from '../base/errors.ts';
import { retry, type RetryPolicy } from '../base/retry.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../contract/http.ts';
import type { Authorizer, Grant } from './authorizer.ts';
import { parseChallenges } from './challenge.ts';
import { isRefused, isTransient } from './connection-problem.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { isTransientStatus, readDiagnostics, refusal, type Diagnostic } from './refusal.ts';
import type { Place } from './places.ts';
import type { Need } from './scopes.ts';

/** One request to a registry. */
export interface Call {
  readonly need: Need;
  /** For people, with what is asked for: `pushing the blob 3f2a…`. */
  readonly what: string;
  readonly method: HttpRequest['method'];
  /** Below the repository (`manifests/latest`), or where the registry said to go on. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try. */
  readonly body?: () => HttpRequest['body'];
  /** Statuses that are an answer; all others become problems. */
  readonly accepts: readonly number[];
  /** Instead of the general one. */
  readonly refused?: (response: HttpResponse, diagnostics: readonly Diagnostic[]) => BuildError | undefined;
  /** Milliseconds without a byte. */
  readonly idleTimeout?: number;
  /** The caller repeats more than this request. */
  readonly once?: boolean;
}

export interface Exchange {
  /** Finds the registry, logs in as needed, tries again what may succeed later. */
  send(call: Call): Promise<HttpResponse>;
  /** Repeats a task of several calls as a single call is repeated. */
  repeat<T>(what: string, need: Need, task: () => Promise<T>): Promise<T>;
  /** Is the registry known to be asked in plain HTTP? */
  isPlain(registry: string): boolean;
}

export interface ExchangeDeps {
  readonly http: () => Promise<HttpClient>;
  readonly endpoints: Endpoints;
  readonly authorizer: Authorizer;
  policyFor(place: Place): Omit<RetryPolicy, 'delayFor'>;
  /** Milliseconds without a byte, where the settings say. */
  timeoutOf(registry: string): number | undefined;
  readonly signal: AbortSignal;
  /** Told before a pause that people would wonder about. */
  readonly onPause: (registry: string, what: string, delay: number) => void;
}

/** Milliseconds: longer pauses than this are not waited for. */
const longestPause = 120_000;
const noticeablePause = 3_000;

export function createExchange(deps: ExchangeDeps): Exchange {
  const answered = new Set<string>();
  const repeat = async <T>(what: string, need: Need, task: () => Promise<T>): Promise<T> => {
    const { registry } = need;
    const policy: RetryPolicy = {
      ...deps.policyFor(need),
      // A registry that has answered may restart; one that never did is a mistake to be told at once.
      delayFor: (error) => (isRefused(error) && !answered.has(registry) ? false : delayFor(error)),
      onRetry: (_, __, delay) => {
        if (delay >= noticeablePause) deps.onPause(registry, what, delay);
      },
    };
    try {
      const result = await retry(policy, task);
      answered.add(registry);
      return result;
    } catch (error) {
      throw unreachable(error, registry, what);
    }
  };
  return {
    repeat,
    isPlain: (registry) => deps.endpoints.isPlain(registry),
    send: (call) => (call.once ? attempt(deps, call) : repeat(call.what, call.need, () => attempt(deps, call))),
  };
}

/** A registry that cannot be reached is told with what was wanted of it. */
function unreachable(error: unknown, registry: string, what: string): unknown {
  if (!BuildError.is(error) || !['HOST_UNREACHABLE', 'CONNECTION_LOST', 'HTTP_TIMEOUT'].includes(error.code))
    return error;
  return problem('REGISTRY_UNREACHABLE', { registry, what, reason: error.message }, error.where, { cause: error });
}

/** Bytes that change on the way may come through whole the next time; where they do not, the problem says so. */
const isDamage = (error: unknown): boolean =>
  BuildError.is(error) && (error.code === 'UPLOAD_DAMAGED' || error.code === 'MANIFEST_DAMAGED');

export function delayFor(error: unknown): number | undefined | false {
  if (isTransient(error) || isDamage(error)) return undefined;
  if (!BuildError.is(error)) return false;
  const { wait, status } = error.facts as { wait?: number; status?: number };
  // What was sent on from a mirror was wrong: another place is read from at once.
  if (error.code === 'MIRROR_WRONG') return 0;
  if (error.code === 'RATE_LIMITED') return (wait ?? 0) > longestPause ? false : wait;
  if (error.code === 'REGISTRY_REFUSED' && status !== undefined && isTransientStatus(status))
    return (wait ?? 0) > longestPause ? false : wait;
  return false;
}

async function attempt(deps: ExchangeDeps, call: Call): Promise<HttpResponse> {
  const http = await deps.http();
  let grant: Grant | undefined;
  const ask = async (endpoint: Endpoint): Promise<HttpResponse> => {
    grant = await deps.authorizer.grant(call.need, endpoint);
    const response = await http.request(requestOf(deps, call, endpoint, grant));
    if (response.status === 401)
      deps.authorizer.learn(call.need, parseChallenges(response.headers['www-authenticate']));
    return response;
  };
  const first = await deps.endpoints.ask(call.need.registry, ask);
  let { response } = first;
  const used = grant!;
  if (response.status === 401 && !call.accepts.includes(401)) {
    used.reject();
    const next = await deps.authorizer.grant(call.need, first.endpoint);
    if (next.header !== undefined && next.header !== used.header) {
      await response.discard();
      grant = next;
      response = await http.request(requestOf(deps, call, first.endpoint, next));
    } else grant = next;
  }
  const answer = await followed(deps, http, call, first.endpoint, response);
  if (call.accepts.includes(answer.status)) return answer;
  const diagnostics = await readDiagnostics(answer);
  throw call.refused?.(answer, diagnostics) ?? refusal(answer, diagnostics, { ...call, ...grant! });
}

const uploadRedirects = 3;

/** A body that streams is made anew for where the server leads; the client below follows with all others. */
async function followed(
  deps: ExchangeDeps,
  http: HttpClient,
  call: Call,
  endpoint: Endpoint,
  given: HttpResponse,
): Promise<HttpResponse> {
  let response = given;
  for (let hops = 0; hops < uploadRedirects && call.body && [307, 308].includes(response.status); hops++) {
    const target = URL.parse(response.headers['location'] ?? '', response.url.href);
    if (target === null || !/^https?:$/.test(target.protocol)) break;
    await response.discard();
    const grant = await deps.authorizer.grant(call.need, endpoint);
    response = await http.request(requestOf(deps, { ...call, target }, endpoint, grant));
  }
  return response;
}

function requestOf(deps: ExchangeDeps, call: Call, { base, tls }: Endpoint, { header }: Grant): HttpRequest {
  const idleTimeout = deps.timeoutOf(call.need.registry) ?? call.idleTimeout;
  const url = targetOf(call, base);
  const body = call.body?.();
  // Uploads may be led to another server; the credentials are not its business.
  const mine = url.origin === base.origin;
  return {
    method: call.method,
    url,
    headers: { ...call.headers, ...(header !== undefined && mine ? { authorization: header } : {}) },
    ...(body === undefined ? {} : { body }),
    ...(tls ? { tls: mine ? tls : withoutIdentity(tls) } : {}),
    signal: deps.signal,
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  };
}

const withoutIdentity = ({ cert: _cert, key: _key, ...rest }: NonNullable<Endpoint['tls']>) => rest;

function targetOf({ target, need }: Call, base: URL): URL {
  if (typeof target === 'string') return new URL(`/v2/${need.repository}/${target}`, base);
  // Behind a proxy that ends TLS, registries often believe they were asked over plain HTTP and say so.
  if (target.host === base.host && target.protocol !== base.protocol)
    return new URL(`${target.pathname}${target.search}`, base);
  return target;
}
