import { BlockList, isIP } from 'node:net';
import type { Env } from '../contract/world.ts';

/** Tells through which proxy a URL is asked; `undefined`: directly. */
export type ChooseProxy = (url: URL) => URL | undefined;

/**
 * HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY as curl and Go read them: lower case wins, entries of NO_PROXY are
 * hosts with their subdomains, addresses, networks (CIDR) and `*`; loopback and link-local addresses are never asked
 * through a proxy.
 */
export function chooseProxy(env: Env): ChooseProxy {
  const all = proxyOf(variable(env, 'all_proxy'));
  const byProtocol: Readonly<Record<string, URL | undefined>> = {
    'http:': proxyOf(variable(env, 'http_proxy')) ?? all,
    'https:': proxyOf(variable(env, 'https_proxy')) ?? all,
  };
  const exceptions = (variable(env, 'no_proxy') ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(exceptionOf);
  return (url) => {
    const proxy = byProtocol[url.protocol];
    if (proxy === undefined || isLoopback(url.hostname) || isLinkLocal(url.hostname)) return undefined;
    const host = bareHost(url.hostname);
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return exceptions.some((isExempt) => isExempt(host, port)) ? undefined : proxy;
  };
}

/** `localhost`, `127.0.0.0/8`, `[::1]`: nobody listens in. */
export const isLoopback = (hostname: string): boolean => {
  const host = bareHost(hostname);
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
};

/** `169.254.0.0/16`, `[fe80::]/10`: what answers there is this machine's own; a proxy would ask its own instead. */
const isLinkLocal = (hostname: string): boolean => {
  const host = bareHost(hostname);
  const family = isIP(host);
  return family !== 0 && linkLocal.check(host, family === 4 ? 'ipv4' : 'ipv6');
};

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');

const variable = (env: Env, name: string): string | undefined => env[name] || env[name.toUpperCase()] || undefined;

const bareHost = (hostname: string): string =>
  hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();

function proxyOf(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const full = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

function exceptionOf(entry: string): (host: string, port: string) => boolean {
  if (entry === '*') return () => true;
  const network = networkOf(entry);
  if (network !== undefined)
    return (host) => isIP(host) !== 0 && network.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  const wanted = bareHost(name.replace(/^\*?\./, '.'));
  const suffix = wanted.startsWith('.') ? wanted : `.${wanted}`;
  return (host, at) => (port === undefined || port === at) && (host === wanted || host.endsWith(suffix));
}

function networkOf(entry: string): BlockList | undefined {
  const [address = '', bits = ''] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list;
}
