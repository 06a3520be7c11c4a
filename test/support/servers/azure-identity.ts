/**
 * Token services of Azure as they are published: Microsoft Entra (client credentials, by secret and by federated
 * assertion), the instance metadata service, App Service. No real ones can be had; whatever is not as published is
 * refused. Their tokens have the claims that Azurite checks.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface AzureIdentity extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What a cluster puts into the file of a federated token. */
  readonly assertion: string;
  /** `IDENTITY_HEADER` of App Service. */
  readonly header: string;
  requests(): readonly string[];
  /** Everything in it that nobody else must be told. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

type Reply = readonly [status: number, body: object];

/** Starts all of them on one free loopback port. */
export async function startAzureIdentity(): Promise<AzureIdentity> {
  const desk = openDesk();
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const url = new URL(request.url ?? '', 'http://here');
      const [status, reply] = answer(request.method ?? '', url, request.headers, body, desk);
      seen.push(`${request.method} ${url.pathname} ${status}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const { tenant, clientId, clientSecret, assertion, header } = desk;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tenant,
    clientId,
    clientSecret,
    assertion,
    header,
    requests: () => [...seen],
    secrets: () => [clientSecret, assertion, header, ...desk.given],
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type Desk = ReturnType<typeof openDesk>;

function openDesk() {
  const random = (name: string): string => `${name}-${randomBytes(16).toString('hex')}`;
  return {
    tenant: '11111111-2222-3333-4444-555555555555',
    clientId: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    clientSecret: random('client'),
    assertion: random('assertion'),
    header: random('header'),
    given: [] as string[],
  };
}

function answer(method: string, url: URL, headers: IncomingHttpHeaders, body: string, desk: Desk): Reply {
  if (url.pathname === `/${desk.tenant}/oauth2/v2.0/token`)
    return method === 'POST' ? credentialled(Object.fromEntries(new URLSearchParams(body)), desk) : [405, {}];
  if (method !== 'GET') return [405, {}];
  const { searchParams: query } = url;
  const client = query.get('client_id');
  if (client !== null && client !== desk.clientId)
    return [400, { error: 'invalid_request', error_description: 'Identity not found' }];
  if (!/^https:\/\/storage\.azure\.com\/?$/.test(query.get('resource') ?? ''))
    return [400, { error: 'invalid_resource' }];
  const expires = Math.floor(Date.now() / 1000) + 86_000;
  if (url.pathname === '/metadata/identity/oauth2/token') {
    if (headers['metadata'] !== 'true' || query.get('api-version') !== '2018-02-01')
      return [400, { error: 'bad_request_102' }];
    const token = tokenFor(desk);
    return [200, { access_token: token, expires_in: '86000', expires_on: String(expires), token_type: 'Bearer' }];
  }
  if (url.pathname === '/msi/token') {
    if (headers['x-identity-header'] !== desk.header || query.get('api-version') !== '2019-08-01') return [400, {}];
    return [200, { access_token: tokenFor(desk), expires_on: String(expires), token_type: 'Bearer' }];
  }
  return [404, {}];
}

function credentialled(form: Readonly<Record<string, string>>, desk: Desk): Reply {
  const invalid = (error: string, description: string): Reply => [
    error === 'invalid_client' ? 401 : 400,
    { error, error_description: description },
  ];
  if (form['grant_type'] !== 'client_credentials') return invalid('unsupported_grant_type', 'AADSTS70003');
  if (form['scope'] !== 'https://storage.azure.com/.default') return invalid('invalid_scope', 'AADSTS70011');
  if (form['client_id'] !== desk.clientId)
    return invalid('unauthorized_client', 'AADSTS700016: not found in the directory');
  const federated = form['client_assertion'];
  if (federated !== undefined) {
    if (form['client_assertion_type'] !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      return invalid('invalid_request', 'AADSTS50027');
    if (federated !== desk.assertion) return invalid('invalid_client', 'AADSTS700213: no matching federated identity');
  } else if (form['client_secret'] !== desk.clientSecret) {
    return invalid('invalid_client', `AADSTS7000215: Invalid client secret provided: ${form['client_secret']}`);
  }
  return [200, { token_type: 'Bearer', expires_in: 3599, access_token: tokenFor(desk) }];
}

function tokenFor(desk: Desk): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: 'https://storage.azure.com',
    iss: `https://sts.windows.net/${desk.tenant}/`,
    iat: now - 5,
    nbf: now - 5,
    exp: now + 3600,
    sub: randomBytes(8).toString('hex'),
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${encode({ typ: 'JWT', alg: 'RS256' })}.${encode(claims)}.${randomBytes(32).toString('base64url')}`;
  desk.given.push(token);
  return token;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
