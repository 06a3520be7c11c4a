/**
 * Google's token service (RFC 7523 assertions, refresh tokens, RFC 8693 exchanges), impersonation of service accounts and
 * the metadata server of a machine, as Google's references have them. Fakes: there is no such server to be had.
 */
import { createPublicKey, verify } from 'node:crypto';
import type { Script } from '../../core/registry/scripted-server.ts';

const answering =
  (response: Parameters<Script>[1]) =>
  (status: number, body: unknown, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export const tokenService = 'https://oauth2.googleapis.com';
export const platform = 'https://www.googleapis.com/auth/cloud-platform';

export interface GoogleFacts {
  /** PEM of the private key of `builder@project`; its public half checks assertions. */
  readonly key?: string;
  /** Client secret and refresh token of a person. */
  readonly person?: { readonly secret: string; readonly refresh: string };
  readonly token: string;
  /** Seconds since 1970. */
  readonly now: number;
}

export const fakeTokens =
  ({ key, person, token, now }: GoogleFacts): Script =>
  ({ method, path, headers, body }, response) => {
    const answer = answering(response);
    const form = Object.fromEntries(new URLSearchParams(body));
    const invalid = (said: string): void => answer(400, { error: 'invalid_grant', error_description: said });
    if (method !== 'POST' || path !== '/token') return answer(404, {});
    if (headers['content-type'] !== 'application/x-www-form-urlencoded')
      return answer(400, { error: 'invalid_request' });
    if (form['grant_type'] === 'refresh_token') {
      if (person === undefined || form['refresh_token'] !== person.refresh)
        return invalid(`Bad Request: ${form['refresh_token']}`);
      if (form['client_id'] !== 'client' || form['client_secret'] !== person.secret)
        return answer(401, { error: 'invalid_client' });
      return answer(200, { access_token: token, expires_in: 3599, token_type: 'Bearer' });
    }
    if (form['grant_type'] !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || key === undefined)
      return answer(400, { error: 'unsupported_grant_type' });
    const [head = '', claims = '', signature = ''] = form['assertion']!.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const good = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      createPublicKey(key),
      Buffer.from(signature, 'base64url'),
    );
    if (!good || read(head)['alg'] !== 'RS256') return invalid('Invalid JWT Signature.');
    const { iss, aud, scope, iat, exp } = read(claims);
    if (iss !== 'builder@project' || aud !== `${tokenService}/token` || scope !== platform)
      return invalid('Invalid JWT.');
    if (Math.abs(Number(iat) - now) > 300 || Number(exp) - Number(iat) > 3600) return invalid('Invalid JWT: times.');
    return answer(200, { access_token: token, expires_in: 3599, token_type: 'Bearer' });
  };

export const fakeMetadata =
  (token: string): Script =>
  ({ method, path, headers }, response) => {
    const flavor = { 'metadata-flavor': 'Google' };
    const answer = answering(response);
    if (headers['metadata-flavor'] !== 'Google') return answer(403, {}, flavor);
    if (method !== 'GET' || path !== '/computeMetadata/v1/instance/service-accounts/default/token')
      return answer(404, {}, flavor);
    return answer(200, { access_token: token, expires_in: 1799, token_type: 'Bearer' }, flavor);
  };
