/**
 * Google's token endpoint, security token service, IAM credentials and metadata server as they are published (RFC 7523,
 * RFC 8693, google.aip.dev/auth/4112, 4115, 4117). No real ones can be had; whatever is not as published is refused.
 */
import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface GoogleIdentity extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT`, for `GCE_METADATA_HOST`. */
  readonly host: string;
  /** Files of credentials, as Google's console and gcloud write them. */
  readonly files: {
    serviceAccount(): object;
    user(): object;
    external(source: object, impersonated?: boolean): object;
    impersonated(): object;
  };
  /** What an identity provider of ours gives out. */
  readonly subjectToken: string;
  /** Is this the value of an Authorization header that lets in? */
  lets(authorization: string | undefined): boolean;
  /** Ends all tokens that were given out. */
  revoke(): void;
  /** Seconds that tokens last from now on. */
  setLifetime(seconds: number): void;
  /** Paths that were asked for, and what was answered. */
  requests(): readonly string[];
  /** Everything in it that nobody else must be told. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Reply = readonly [status: number, body: object | string, headers?: Readonly<Record<string, string>>];

const readScope = 'https://www.googleapis.com/auth/devstorage.read_only';
const platformScope = 'https://www.googleapis.com/auth/cloud-platform';
const email = 'ci@project.iam.gserviceaccount.com';
const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/git';
const impersonate = `/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
const metadata = '/computeMetadata/v1/instance/service-accounts/default/token';

const denied = (description: string): Reply => [400, { error: 'invalid_grant', error_description: description }];

/** Starts all of them on one free loopback port. */
export async function startGoogleIdentity(): Promise<GoogleIdentity> {
  const desk = openDesk();
  const seen: string[] = [];
  let url = '';
  const server = createServer((request, response) => {
    void read(request).then((asked) => {
      const [status, body, headers = {}] = answer(asked, desk, url);
      seen.push(`${request.method} ${asked.path.split('?')[0]} ${status}`);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  url = `http://${host}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url,
    host,
    files: filesOf(desk, url),
    subjectToken: desk.subjectToken,
    lets: (authorization) => desk.good.get(authorization?.replace(/^Bearer /, '') ?? '')?.has(readScope) === true,
    revoke: () => desk.good.clear(),
    setLifetime: (seconds) => void (desk.lifetime = seconds),
    requests: () => [...seen],
    secrets: () => [desk.refresh, desk.clientSecret, desk.subjectToken, ...desk.given, keyBody(desk.key)],
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A line in the middle of a private key. */
const keyBody = (pem: string): string => pem.split('\n')[5]!;

type Desk = ReturnType<typeof openDesk>;

function openDesk() {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secret = (name: string): string => `${name}-${randomBytes(16).toString('hex')}`;
  const good = new Map<string, ReadonlySet<string>>();
  const given: string[] = [];
  const desk = {
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey,
    keyId: randomBytes(20).toString('hex'),
    clientSecret: secret('client'),
    refresh: secret('refresh'),
    subjectToken: secret('subject'),
    lifetime: 3600,
    good,
    given,
    /** A new token for these scopes. */
    give(...scopes: readonly string[]): string {
      const token = secret('ya29.token');
      good.set(token, new Set(scopes));
      given.push(token);
      return token;
    },
  };
  return desk;
}

function filesOf(desk: Desk, url: string): GoogleIdentity['files'] {
  const user = () => ({
    type: 'authorized_user',
    client_id: 'client.apps.googleusercontent.com',
    client_secret: desk.clientSecret,
    refresh_token: desk.refresh,
    token_uri: `${url}/token`,
  });
  return {
    user,
    serviceAccount: () => ({
      type: 'service_account',
      project_id: 'project',
      private_key_id: desk.keyId,
      private_key: desk.key,
      client_email: email,
      client_id: '1',
      token_uri: `${url}/token`,
      universe_domain: 'googleapis.com',
    }),
    external: (source, impersonated = false) => ({
      type: 'external_account',
      audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${url}/v1/token`,
      credential_source: source,
      ...(impersonated && { service_account_impersonation_url: `${url}${impersonate}` }),
    }),
    impersonated: () => ({
      type: 'impersonated_service_account',
      service_account_impersonation_url: `${url}${impersonate}`,
      delegates: [],
      source_credentials: user(),
    }),
  };
}

function answer({ path, headers, body }: Asked, desk: Desk, url: string): Reply {
  const form = Object.fromEntries(new URLSearchParams(body));
  switch (path.split('?')[0]!) {
    case '/token':
      return form['grant_type'] === 'refresh_token' ? refreshed(form, desk) : asserted(form, desk, `${url}/token`);
    case '/v1/token':
      return exchanged(form, desk);
    case impersonate:
      return impersonated(headers, body, desk);
    case metadata:
      return described(headers, desk);
    case '/subject':
      if (headers['authorization'] !== `bearer ${desk.clientSecret}`) return [401, {}];
      return [200, { value: desk.subjectToken }];
    default:
      return [404, {}];
  }
}

const tokens = (desk: Desk, scopes: readonly string[]): Reply => [
  200,
  { access_token: desk.give(...scopes), expires_in: desk.lifetime, token_type: 'Bearer' },
];

function asserted(form: Readonly<Record<string, string>>, desk: Desk, address: string): Reply {
  if (form['grant_type'] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    return [400, { error: 'unsupported_grant_type' }];
  const parts = (form['assertion'] ?? '').split('.');
  const [head, claims] = parts
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  if (head?.['alg'] !== 'RS256' || head['kid'] !== desk.keyId) return denied('Invalid JWT header.');
  const check = createVerify('sha256').update(parts.slice(0, 2).join('.'));
  if (!check.verify(desk.publicKey, parts[2] ?? '', 'base64url')) return denied('Invalid JWT Signature.');
  const { iss, aud, iat, exp, scope } = claims as { iss: string; aud: string; iat: number; exp: number; scope: string };
  const now = Date.now() / 1000;
  if (iss !== email || aud !== address) return denied('Invalid issuer or audience.');
  if (!(Math.abs(now - iat) < 300 && exp > now && exp - iat <= 3600))
    return denied('Token must be a short-lived token.');
  if (!scope) return [400, { error: 'invalid_scope' }];
  return tokens(desk, scope.split(' '));
}

function refreshed(form: Readonly<Record<string, string>>, desk: Desk): Reply {
  if (form['client_id'] !== 'client.apps.googleusercontent.com' || form['client_secret'] !== desk.clientSecret)
    return [401, { error: 'invalid_client', error_description: 'The OAuth client was not found.' }];
  if (form['refresh_token'] !== desk.refresh) return denied('Token has been expired or revoked.');
  return tokens(desk, [readScope, platformScope]);
}

function exchanged(form: Readonly<Record<string, string>>, desk: Desk): Reply {
  const wanted = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience,
  };
  for (const [name, value] of Object.entries(wanted))
    if (form[name] !== value) return [400, { error: 'invalid_request', error_description: `Invalid ${name}.` }];
  if (form['subject_token'] !== desk.subjectToken) return denied('The given credential is rejected.');
  if (!form['scope']) return [400, { error: 'invalid_scope' }];
  return tokens(desk, form['scope'].split(' '));
}

function impersonated(headers: IncomingHttpHeaders, body: string, desk: Desk): Reply {
  const caller = desk.good.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
  if (caller === undefined)
    return [401, { error: { code: 401, message: 'Request had invalid authentication credentials.' } }];
  if (!caller.has(platformScope))
    return [403, { error: { code: 403, message: 'Request had insufficient authentication scopes.' } }];
  const { scope, lifetime } = JSON.parse(body) as { scope?: unknown; lifetime?: string };
  if (!Array.isArray(scope) || !/^\d+s$/.test(lifetime ?? '3600s'))
    return [400, { error: { code: 400, message: 'Invalid.' } }];
  const expireTime = new Date(Date.now() + desk.lifetime * 1000).toISOString();
  return [200, { accessToken: desk.give(...(scope as string[])), expireTime }];
}

function described(headers: IncomingHttpHeaders, desk: Desk): Reply {
  // Both keep requests out that somebody was tricked into.
  if (headers['metadata-flavor'] !== 'Google' || headers['x-forwarded-for'] !== undefined)
    return [403, 'Missing header'];
  const [status, body] = tokens(desk, [readScope]);
  return [status, body, { 'metadata-flavor': 'Google' }];
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
}
