import { problem } from '../base/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../contract/http.ts';
import type { Env } from '../contract/world.ts';
import { connectionProblem, type ConnectionFacts } from './connection-problem.ts';
import { bulkDownloads, type BulkDownloads } from './bulk.ts';
import { connectTimeout, createDispatchers, type Dispatchers, type Route } from './dispatchers.ts';
import { redactUrl } from './redact.ts';
import { wrapResponse, type Answer } from './response.ts';

export interface HttpOptions {
  /** Proxies and trusted certificates come from here. */
  readonly env: Env;
  readonly userAgent?: string;
  /** Milliseconds, for requests that do not say. */
  readonly idleTimeout?: number;
}

/** An HTTP client whose connections can be closed. */
export interface ClosableHttpClient extends HttpClient, AsyncDisposable {
  close(): Promise<void>;
}

const defaultRedirects = 5;
const defaultIdleTimeout = 60_000;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Names of headers that say who asks. */
const personal = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-registry-auth']);

/** The one HTTP client of a process. Nothing is loaded before the first request. */
export function createHttp(options: HttpOptions): ClosableHttpClient {
  const dispatchers = createDispatchers(options.env);
  const bulk = bulkDownloads();
  const close = (): Promise<void> => {
    bulk.close();
    return dispatchers.close();
  };
  const defaults: Defaults = {
    userAgent: options.userAgent ?? 'strake',
    idleTimeout: options.idleTimeout ?? defaultIdleTimeout,
  };
  return {
    request: (request) => follow({ dispatchers, bulk }, request, defaults),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Defaults {
  readonly userAgent: string;
  readonly idleTimeout: number;
}

interface Ways {
  readonly dispatchers: Dispatchers;
  readonly bulk: BulkDownloads;
}

async function follow(ways: Ways, first: HttpRequest, defaults: Defaults): Promise<HttpResponse> {
  const limit = first.redirects ?? defaultRedirects;
  let request = first;
  for (let hops = 0; ; hops++) {
    const response = await send(ways, request, defaults);
    const next = limit > 0 ? redirected(request, response) : undefined;
    if (next === undefined) return response;
    await response.discard();
    if (hops === limit) throw problem('REDIRECTED_TOO_OFTEN', { url: redactUrl(first.url), limit });
    request = next;
  }
}

/** The request that follows a redirect; `undefined` where there is none or the body cannot be sent again. */
function redirected(request: HttpRequest, response: HttpResponse): HttpRequest | undefined {
  const { location } = response.headers;
  if (!redirectStatuses.has(response.status) || location === undefined) return undefined;
  if (!URL.canParse(location, request.url.href)) return undefined;
  const url = new URL(location, request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const reading = request.method === 'GET' || request.method === 'HEAD';
  const resendable = request.body === undefined || typeof request.body === 'string' || ArrayBuffer.isView(request.body);
  // Only 307 and 308 keep the method (RFC 9110 15.4).
  if (!reading && (response.status < 307 || !resendable)) return undefined;
  if (url.origin === request.url.origin) return { ...request, url };
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(([name]) => !personal.has(name.toLowerCase())),
  );
  // The client certificate is a credential too.
  const { cert: _cert, key: _key, ...tls } = request.tls ?? {};
  return { ...request, url, headers, ...(request.tls ? { tls } : {}) };
}

async function send(ways: Ways, request: HttpRequest, defaults: Defaults): Promise<HttpResponse> {
  request.signal?.throwIfAborted();
  const { url, tls, signal } = request;
  const idleTimeout = request.idleTimeout ?? defaults.idleTimeout;
  const facts: ConnectionFacts = {
    host: url.host,
    idleTimeout,
    ownCa: tls?.ca !== undefined,
    nameless: url.protocol === 'https:' && tls?.cert === undefined,
  };
  const headers = headersOf(request, defaults.userAgent);
  const direct = isBulk(request) ? await ways.dispatchers.directTo(url, tls) : undefined;
  if (direct) {
    const options = { ...direct, connectTimeout, idleTimeout, signal };
    return answered(url, ways.bulk.get(url, headers, options), facts, signal);
  }
  const { proxy, dispatcher } = await ways.dispatchers.routeOf(url, tls);
  const work = dispatch(dispatcher, request, headers, idleTimeout);
  return answered(url, work, { ...facts, ...(proxy !== undefined && { proxy }) }, signal);
}

const isBulk = ({ bulk, method, body }: HttpRequest): boolean =>
  bulk === true && method === 'GET' && body === undefined;

/** The answer, or a problem that says why there is none. */
async function answered(
  url: URL,
  work: Promise<Answer>,
  facts: ConnectionFacts,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const explain = (error: unknown): unknown => connectionProblem(error, facts, signal);
  try {
    return wrapResponse(url, await work, explain);
  } catch (error) {
    throw explain(error);
  }
}

function dispatch(
  dispatcher: Route['dispatcher'],
  request: HttpRequest,
  headers: Record<string, string>,
  idleTimeout: number,
): Promise<Answer> {
  const { url, method, signal } = request;
  return dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers,
    body: bodyOf(request.body),
    headersTimeout: idleTimeout,
    bodyTimeout: idleTimeout,
    signal: signal ?? null,
    // undici closes after HEAD, for servers that send a body nevertheless; one of those breaks the connection by itself.
    ...(method === 'HEAD' ? { reset: false } : {}),
  });
}

const headersOf = ({ url, headers }: HttpRequest, userAgent: string): Record<string, string> => ({
  'user-agent': userAgent,
  accept: '*/*',
  ...userOf(url),
  ...lowered(headers),
});

const lowered = (headers: HttpRequest['headers'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** `https://user:password@host/…` */
function userOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** undici takes async iterables at run time; its types know Node streams alone. */
const bodyOf = (body: HttpRequest['body']): Uint8Array | string | null =>
  body === undefined ? null : (body as Uint8Array | string);
