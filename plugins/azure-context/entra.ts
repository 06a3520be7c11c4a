import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Secret, type World } from '../../core/index.ts';
import { askJson, complaintOf, secretPlace, textField, type JsonAnswer } from '../shared/ask-json.ts';
import type { AccessToken } from '../shared/cloud-access.ts';
import type { AzureLocation } from './location.ts';
import { problem } from './problems.ts';

export interface Identity {
  /** For people. */
  readonly who: string;
  fetchToken(): Promise<AccessToken>;
}

/** What tokens for blobs are for, in all clouds. */
export const resource = 'https://storage.azure.com/';

/** Where identities of a cloud are known, by what its hosts end with. */
const authorities: readonly (readonly [suffix: string, host: string])[] = [
  ['.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
  ['.usgovcloudapi.net', 'https://login.microsoftonline.us'],
  ['', 'https://login.microsoftonline.com'],
];

/**
 * A service principal (`AZURE_CLIENT_SECRET`) or a workload (`AZURE_FEDERATED_TOKEN_FILE`, as AKS sets it) of
 * Microsoft Entra; `undefined` where the environment names none.
 */
export function identityFrom(location: AzureLocation, world: World): Identity | undefined {
  const { env } = world;
  const { AZURE_CLIENT_ID: id, AZURE_TENANT_ID: tenant } = env;
  const { AZURE_CLIENT_SECRET: secret, AZURE_FEDERATED_TOKEN_FILE: file } = env;
  if (!id || !tenant) return undefined;
  if (!secret && !file && env['AZURE_CLIENT_CERTIFICATE_PATH'])
    throw problem('VARIABLE_INVALID', {
      name: 'AZURE_CLIENT_CERTIFICATE_PATH',
      reason: 'certificates of service principals are not understood; use AZURE_CLIENT_SECRET or a federated token',
    });
  if (!secret && !file) return undefined;
  const who = `the ${secret ? 'service principal' : 'workload'} ${id}`;
  const fetchToken = async (): Promise<AccessToken> => {
    const proof = secret ? { client_secret: secret } : assertion(await readToken(resolve(world.cwd, file!)));
    const url = secretPlace(`${authorityOf(location, world)}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`);
    const form = { grant_type: 'client_credentials', client_id: id, scope: `${resource}.default`, ...proof };
    const answer = await askJson({ method: 'POST', url, form }, world);
    return tokenOf(answer, { who, host: url.host, secrets: Object.values(proof).map((one) => new Secret(one)) }, world);
  };
  return { who, fetchToken };
}

function authorityOf({ service = '' }: AzureLocation, { env }: World): string {
  const named = env['AZURE_AUTHORITY_HOST']?.replace(/\/+$/, '');
  if (named) return named.includes('://') ? named : `https://${named}`;
  return authorities.find(([suffix]) => service.endsWith(suffix))![1];
}

const assertion = (token: string) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: token,
});

/** Read anew for every token: it is replaced where it lies. */
async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw problem('VARIABLE_INVALID', { name: 'AZURE_FEDERATED_TOKEN_FILE', reason });
  }
}

export interface Asked {
  readonly who: string;
  readonly host: string;
  readonly secrets?: readonly Secret[];
}

/** Services give `expires_in` (seconds), some as text, or `expires_on` (seconds since 1970). */
export function tokenOf(answer: JsonAnswer, { who, host, secrets = [] }: Asked, world: World): AccessToken {
  if (answer.status !== 200) throw problem('TOKEN_REFUSED', { who, host, said: complaintOf(answer, secrets) });
  const token = new Secret(textField(answer, 'access_token', host));
  const { expires_in: seconds, expires_on: at } = answer.fields;
  const expires = Number(seconds) > 0 ? world.now().getTime() + Number(seconds) * 1000 : Number(at) * 1000;
  return { token, expires: expires > 0 ? expires : world.now().getTime() };
}
