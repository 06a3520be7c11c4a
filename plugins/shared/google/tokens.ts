import { createPrivateKey, sign } from 'node:crypto';
import { Secret, type World } from '../../../core/index.ts';
import { askJson, secretPlace, textField } from '../ask-json.ts';
import type { AccessToken } from '../cloud-access.ts';
import type { Credentials } from './credential-file.ts';
import { externalToken } from './external-account.ts';
import { problem } from './problems.ts';
import { refused, tokenOf } from './token-answer.ts';

/** Who is let in by a token, and how to get one. */
export interface TokenSource {
  /** For people. */
  readonly who: string;
  fetchToken(): Promise<AccessToken>;
}

/** Nothing but reading. */
export const readScope = 'https://www.googleapis.com/auth/devstorage.read_only';
/** What tokens for impersonating need. */
export const platformScope = 'https://www.googleapis.com/auth/cloud-platform';

/** Tokens for the credentials of a file; `scope` is what they are good for. */
export function tokensOf(credentials: Credentials, file: string, world: World, scope = readScope): TokenSource {
  switch (credentials.type) {
    case 'service_account': {
      const who = `the service account ${credentials.email}`;
      return { who, fetchToken: () => serviceAccountToken(credentials, { who, file, scope }, world) };
    }
    case 'authorized_user': {
      const who = `the login in ${file}`;
      return { who, fetchToken: () => userToken(credentials, who, world) };
    }
    case 'impersonated_service_account': {
      const { url, delegates } = credentials;
      const source = tokensOf(credentials.source, file, world, platformScope);
      const who = `${accountIn(url)}, impersonated by ${source.who}`;
      const fetchToken = async (): Promise<AccessToken> =>
        impersonate({ url, delegates, lifetime: 3600, who, scope }, (await source.fetchToken()).token, world);
      return { who, fetchToken };
    }
    case 'external_account': {
      const { impersonationUrl, lifetime } = credentials;
      const who = impersonationUrl === undefined ? `the external account in ${file}` : accountIn(impersonationUrl);
      if (impersonationUrl === undefined)
        return { who, fetchToken: () => externalToken(credentials, { who, file, scope }, world) };
      const fetchToken = async (): Promise<AccessToken> => {
        const { token } = await externalToken(credentials, { who, file, scope: platformScope }, world);
        return impersonate({ url: impersonationUrl, delegates: [], lifetime, who, scope }, token, world);
      };
      return { who, fetchToken };
    }
  }
}

/** `…/serviceAccounts/NAME:generateAccessToken` */
const accountIn = (url: string): string =>
  `the service account ${decodeURIComponent(/serviceAccounts\/([^/:]+)/.exec(url)?.[1] ?? 'of the file')}`;

type ServiceAccount = Extract<Credentials, { type: 'service_account' }>;

/** Seconds that an assertion is good for; Google takes no more. */
const assertionLife = 3600;

async function serviceAccountToken(
  { email, keyId, key, tokenUri }: ServiceAccount,
  { who, file, scope }: { readonly who: string; readonly file: string; readonly scope: string },
  world: World,
): Promise<AccessToken> {
  const url = secretPlace(tokenUri);
  const now = Math.floor(world.now().getTime() / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
  const claims = { iss: email, scope, aud: tokenUri, iat: now, exp: now + assertionLife };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const assertion = new Secret(`${text}.${signed(text, key, file)}`);
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion.reveal() };
  return tokenOf(
    await askJson({ method: 'POST', url, form }, world),
    { who, host: url.host, secrets: [assertion] },
    world,
  );
}

function signed(text: string, key: Secret, file: string): string {
  try {
    return sign('sha256', Buffer.from(text), createPrivateKey(key.reveal())).toString('base64url');
  } catch {
    throw problem('CREDENTIALS_UNREADABLE', { file, reason: 'its "private_key" is no private key in PEM' });
  }
}

async function userToken(
  { clientId, clientSecret, refreshToken, tokenUri }: Extract<Credentials, { type: 'authorized_user' }>,
  who: string,
  world: World,
): Promise<AccessToken> {
  const url = secretPlace(tokenUri);
  const form = {
    grant_type: 'refresh_token',
    client_id: clientId,
    client_secret: clientSecret.reveal(),
    refresh_token: refreshToken.reveal(),
  };
  const answer = await askJson({ method: 'POST', url, form }, world);
  return tokenOf(answer, { who, host: url.host, secrets: [clientSecret, refreshToken] }, world);
}

interface Impersonation {
  readonly url: string;
  readonly delegates: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  readonly who: string;
  readonly scope: string;
}

async function impersonate(
  { url: text, delegates, lifetime, who, scope }: Impersonation,
  token: Secret,
  world: World,
): Promise<AccessToken> {
  const url = secretPlace(text);
  const json = { scope: [scope], lifetime: `${lifetime}s`, ...(delegates.length > 0 && { delegates }) };
  const headers = { authorization: `Bearer ${token.reveal()}` };
  const answer = await askJson({ method: 'POST', url, json, headers }, world);
  if (answer.status !== 200) throw refused(answer, { who, host: url.host, secrets: [token] });
  const expires = Date.parse(textField(answer, 'expireTime', url.host));
  return { token: new Secret(textField(answer, 'accessToken', url.host)), expires };
}
