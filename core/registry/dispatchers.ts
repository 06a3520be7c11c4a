import type { SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import { digestOf } from '../base/digest.ts';
import type { TlsOptions } from '../contract/http.ts';
import type { Env } from '../contract/world.ts';
import { chooseProxy } from './proxies.ts';
import { trustedAuthorities } from './trust.ts';

/** How a secure connection is made. */
export interface TlsConnection {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
}

/** Where a request enters the network. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** As it may be shown: host and port alone. */
  readonly proxy?: string;
}

export interface Dispatchers {
  routeOf(url: URL, tls: TlsOptions | undefined): Promise<Route>;
  /** For a connection that is not one of a pool; `undefined` where a proxy makes connections. */
  directTo(url: URL, tls: TlsOptions | undefined): Promise<{ readonly tls?: TlsConnection } | undefined>;
  close(): Promise<void>;
}

/** Connections to one server at a time; more requests wait. */
const connections = 16;
export const connectTimeout = 15_000;
const keepAliveTimeout = 30_000;

/** One pool of connections per server, proxy and set of TLS options. undici is loaded at the first request. */
export function createDispatchers(env: Env): Dispatchers {
  const choose = chooseProxy(env);
  const byRoute = new Map<string, Promise<Dispatcher>>();
  let authorities: Promise<readonly string[]> | undefined;
  const trusted = (): Promise<readonly string[]> => (authorities ??= trustedAuthorities(env));
  const secured = new Map<string, Promise<TlsConnection>>();
  const secure = (tls: TlsOptions | undefined): Promise<TlsConnection> => {
    const key = tlsKey(tls);
    const known = secured.get(key) ?? tlsConnection({ tls, trusted });
    secured.set(key, known);
    return known;
  };
  return {
    async directTo(url, tls) {
      if (choose(url)) return undefined;
      return url.protocol === 'https:' ? { tls: await secure(tls) } : {};
    },
    async routeOf(url, tls) {
      const proxy = choose(url);
      const isSecure = url.protocol === 'https:';
      const key = `${isSecure ? tlsKey(tls) : ''} ${proxy?.href ?? ''} ${isSecure}`;
      let dispatcher = byRoute.get(key);
      if (dispatcher === undefined) {
        dispatcher = makeDispatcher(proxy, isSecure || proxy?.protocol === 'https:' ? { tls, trusted } : undefined);
        byRoute.set(key, dispatcher);
      }
      return { dispatcher: await dispatcher, ...(proxy ? { proxy: proxy.host } : {}) };
    },
    async close() {
      const made = await Promise.allSettled(byRoute.values());
      byRoute.clear();
      // Not `close`: that waits for answers nobody reads any more.
      await Promise.all(made.flatMap((one) => (one.status === 'fulfilled' ? [one.value.destroy()] : [])));
    },
  };
}

interface TlsSettings {
  readonly tls: TlsOptions | undefined;
  readonly trusted: () => Promise<readonly string[]>;
}

async function makeDispatcher(proxy: URL | undefined, settings: TlsSettings | undefined): Promise<Dispatcher> {
  // `default`: bundlers give a CommonJS package no other name.
  const { Agent, ProxyAgent } = (await import('undici')).default;
  const tls = settings && (await tlsConnection(settings));
  // HTTP/1.1: uploads over HTTP/2 share one window and one connection, which is slower on every registry tried.
  const common = { connections, keepAliveTimeout, allowH2: false, pipelining: 1 };
  if (proxy === undefined) return new Agent({ ...common, connect: { timeout: connectTimeout, ...tls } });
  return new ProxyAgent({
    ...common,
    uri: proxy.href,
    connectTimeout,
    ...(tls ? { requestTls: { ...tls, timeout: connectTimeout } } : {}),
    ...(proxy.protocol === 'https:' && settings
      ? { proxyTls: await tlsConnection({ ...settings, tls: undefined }) }
      : {}),
  });
}

/** One context for all connections: parsing the trusted certificates takes milliseconds. */
async function tlsConnection({ tls, trusted }: TlsSettings): Promise<TlsConnection> {
  const { createSecureContext, rootCertificates } = await import('node:tls');
  const system = await trusted();
  const ca = tls?.ca === undefined ? system : [...(system.length > 0 ? system : rootCertificates), tls.ca];
  const secureContext = createSecureContext({
    ...(ca.length > 0 ? { ca: [...ca] } : {}),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
  });
  return { secureContext, rejectUnauthorized: tls?.insecure !== true };
}

const tlsKey = (tls: TlsOptions | undefined): string =>
  tls === undefined ? '' : digestOf(JSON.stringify([tls.ca, tls.cert, tls.key, tls.insecure]));
