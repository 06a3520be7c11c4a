import { problem } from '../base/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../contract/http.ts';
import type { Env } from '../contract/world.ts';
import { connectionProblem, type ConnectionFacts } from './connection-problem.ts';
import { createDispatchers, type Dispatchers, type Route } from './dispatchers.ts';
import { redactUrl } from './redact.ts';
import { wrapResponse } from './response.ts';

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
  const close = (): Promise<void> => dispatchers.close();
  const defaults: Defaults = {
    userAgent: options.userAgent ?? 'strake',
    idleTimeout: options.idleTimeout ?? defaultIdleTimeout,
  };
  return {
    request: (request) => follow(dispatchers, request, defaults),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Defaults {
  readonly userAgent: string;
  readonly idleTimeout: number;
}

async function follow(dispatchers: Dispatchers, first: HttpRequest, defaults: Defaults): Promise<HttpResponse> {
  const limit = first.redirects ?? defaultRedirects;
  let request = first;
  for (let hops = 0; ; hops++) {
    const response = await send(dispatchers, request, defaults);
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

async function send(dispatchers: Dispatchers, request: HttpRequest, defaults: Defaults): Promise<HttpResponse> {
  request.signal?.throwIfAborted();
  const { url, tls, signal } = request;
  const route = await dispatchers.routeOf(url, tls);
  const idleTimeout = request.idleTimeout ?? defaults.idleTimeout;
  const facts: ConnectionFacts = {
    host: url.host,
    idleTimeout,
    ownCa: tls?.ca !== undefined,
    nameless: url.protocol === 'https:' && tls?.cert === undefined,
    ...(route.proxy === undefined ? {} : { proxy: route.proxy }),
  };
  const explain = (error: unknown): unknown => connectionProblem(error, facts, signal);
  try {
    return wrapResponse(url, await dispatch(route, request, defaults.userAgent, idleTimeout), explain);
  } catch (error) {
    throw explain(error);
  }
}

function dispatch(route: Route, request: HttpRequest, userAgent: string, idleTimeout: number) {
  const { url, method, signal } = request;
  return route.dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers: { 'user-agent': userAgent, accept: '*/*', ...userOf(url), ...lowered(request.headers) },
    body: bodyOf(request.body),
    headersTimeout: idleTimeout,
    bodyTimeout: idleTimeout,
    signal: signal ?? null,
    // undici closes after HEAD, for servers that send a body nevertheless; one of those breaks the connection by itself.
    ...(method === 'HEAD' ? { reset: false } : {}),
  });
}

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
