import { createHash, createHmac } from 'node:crypto';
import type { HttpRequest } from '../../../core/index.ts';
import type { AwsKeys } from './keys.ts';

export interface ToSign {
  readonly method: HttpRequest['method'];
  /** Path and query are encoded as `encoded` does, and the query is sorted. */
  readonly url: URL;
  /** Those that begin with `x-amz-` are signed; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body. */
  readonly bodyHash: string;
  readonly service: string;
  readonly region: string;
  readonly now: Date;
}

/** Hex SHA-256 of no bytes. */
export const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export const hexHash = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Percent-encodes all but letters, digits and `-._~`; AWS wants exactly these. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`);

/** `a=1&b=2`, sorted as signatures want it; empty without parameters. */
export const queryText = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');

/** All headers of the request, with the signature in `authorization` (Signature Version 4, in headers). */
export function signed(request: ToSign, keys: AwsKeys): Record<string, string> {
  const { method, url, bodyHash, service, region } = request;
  const time = request.now.toISOString().replace(/\.\d+|[-:]/g, '');
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': time,
    'x-amz-content-sha256': bodyHash,
    ...(keys.token && { 'x-amz-security-token': keys.token.reveal() }),
  };
  const toSign = Object.entries({ ...headers, host: url.host })
    .filter(([name]) => name === 'host' || name.startsWith('x-amz-'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = toSign.map(([name]) => name).join(';');
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1),
    ...toSign.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names,
    bodyHash,
  ].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, hexHash(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${keys.secret.reveal()}`);
  const signature = hmac(key, text).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
