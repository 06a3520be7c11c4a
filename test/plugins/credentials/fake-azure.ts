/**
 * The token endpoint of Microsoft Entra (OAuth 2.0 client credentials), the managed identity services of machines and
 * apps, and the exchange of Azure's registries, as Microsoft's references have them. Fakes: there is no such server to
 * be had.
 */
import { createPublicKey, hash, verify, X509Certificate } from 'node:crypto';
import type { Script } from '../../core/registry/scripted-server.ts';

type Answer = (status: number, body: unknown) => void;

const answering =
  (response: Parameters<Script>[1]): Answer =>
  (status, body) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

export interface Principal {
  readonly tenant: string;
  readonly client: string;
  readonly secret?: string;
  readonly federated?: string;
  /** PEM, for assertions that are signed with its key. */
  readonly certificate?: string;
  /** What tokens are given for. */
  readonly resources: readonly string[];
}

/** Gives `token for RESOURCE`. */
export const fakeEntra =
  (principal: Principal): Script =>
  ({ method, path, headers, body }, response) => {
    const answer = answering(response);
    const form = Object.fromEntries(new URLSearchParams(body));
    if (method !== 'POST' || path !== `/${principal.tenant}/oauth2/v2.0/token`)
      return answer(404, { error: 'invalid_request', error_description: 'AADSTS90002: no such tenant' });
    if (headers['content-type'] !== 'application/x-www-form-urlencoded')
      return answer(400, { error: 'invalid_request', error_description: 'AADSTS900144: no form' });
    if (form['grant_type'] !== 'client_credentials' || form['client_id'] !== principal.client)
      return answer(400, { error: 'unauthorized_client', error_description: 'AADSTS700016: no such application' });
    if (!isProven(form, principal))
      return answer(401, {
        error: 'invalid_client',
        error_description: `AADSTS7000215: Invalid client secret provided: ${form['client_secret'] ?? 'none'}.`,
      });
    const resource = form['scope']?.replace(/\/\.default$/, '');
    if (resource === undefined || !principal.resources.includes(resource))
      return answer(400, { error: 'invalid_resource', error_description: 'AADSTS500011: no such resource' });
    return answer(200, { token_type: 'Bearer', expires_in: 3599, access_token: `token for ${resource}` });
  };

function isProven(form: Readonly<Record<string, string>>, { client, secret, federated, certificate }: Principal) {
  if (secret !== undefined) return form['client_secret'] === secret;
  if (form['client_assertion_type'] !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') return false;
  const assertion = form['client_assertion'] ?? '';
  if (federated !== undefined) return assertion === federated;
  const [head = '', claims = '', signature = ''] = assertion.split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  const { iss, sub, aud, jti, nbf, exp } = read(claims);
  const key = createPublicKey(certificate!);
  const { raw } = new X509Certificate(certificate!);
  const { alg, x5t, 'x5t#S256': x5tS256 } = read(head);
  const life = Number(exp) - Number(nbf);
  return (
    iss === client &&
    sub === client &&
    String(aud).endsWith('/oauth2/v2.0/token') &&
    typeof jti === 'string' &&
    // Microsoft asks for minutes, and takes no more than a day.
    life > 0 &&
    life <= 3600 &&
    alg === 'RS256' &&
    x5t === hash('sha1', raw, 'base64url') &&
    x5tS256 === hash('sha256', raw, 'base64url') &&
    verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
  );
}

/** The metadata service of a machine; without the header it refuses, as the real one does. */
export const fakeMachine =
  (resources: readonly string[], client?: string): Script =>
  ({ method, path, headers }, response) => {
    const answer = answering(response);
    const { pathname, searchParams } = new URL(path, 'http://machine');
    if (headers['metadata'] !== 'true')
      return answer(400, { error: 'invalid_request', error_description: 'Required metadata header not specified' });
    if (method !== 'GET' || pathname !== '/metadata/identity/oauth2/token') return answer(404, {});
    if (searchParams.get('api-version') !== '2018-02-01' || searchParams.get('client_id') !== (client ?? null))
      return answer(400, { error: 'invalid_request', error_description: 'Identity not found' });
    const resource = searchParams.get('resource') ?? '';
    if (!resources.includes(resource)) return answer(400, { error: 'invalid_resource' });
    return answer(200, { access_token: `token for ${resource}`, expires_in: '86399', expires_on: '1704150000' });
  };

/** App Service and Container Apps. */
export const fakeApp =
  (header: string, resource: string): Script =>
  ({ path, headers }, response) => {
    const answer = answering(response);
    const { searchParams } = new URL(path, 'http://app');
    if (headers['x-identity-header'] !== header) return answer(401, {});
    if (searchParams.get('api-version') !== '2019-08-01' || searchParams.get('resource') !== resource)
      return answer(400, {});
    return answer(200, { access_token: `token for ${resource}`, expires_on: '1704150000' });
  };

/** `/oauth2/exchange` of a registry that takes tokens for these resources. */
export const fakeExchange =
  (registry: string, resources: readonly string[], refresh: string): Script =>
  ({ method, path, headers, body }, response) => {
    const answer = answering(response);
    const form = Object.fromEntries(new URLSearchParams(body));
    if (method !== 'POST' || path !== '/oauth2/exchange') return answer(404, {});
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return answer(400, {});
    const known = resources.some((resource) => form['access_token'] === `token for ${resource}`);
    if (form['grant_type'] !== 'access_token' || form['service'] !== registry || !known)
      return answer(401, {
        error: 'unauthorized',
        error_description: `not taken: ${form['access_token']}`,
        errors: [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: form['access_token'] }],
      });
    return answer(200, { refresh_token: refresh });
  };

/** A token that says when it ends. */
export const jwtUntil = (seconds: number): string =>
  ['{"alg":"RS256"}', JSON.stringify({ exp: seconds }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
