import { Secret, type World } from '../../../core/index.ts';
import { ask, textOf } from './ask.ts';
import type { AwsKeys } from './keys.ts';
import { problem } from './problems.ts';
import { hexHash, queryText, signed } from './sign.ts';

export interface Role {
  readonly arn: string;
  readonly sessionName?: string;
  readonly externalId?: string;
  /** Seconds. */
  readonly duration?: string;
}

const service = 'The token service of AWS';

/** `amazonaws.com`, or what it is in that part of the world. */
export const domainOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com');

/** AssumeRole: other keys for the keys one has. */
export async function assumeRole(role: Role, keys: AwsKeys, region: string, world: World): Promise<AwsKeys> {
  const body = form('AssumeRole', role, role.externalId === undefined ? {} : { ExternalId: role.externalId });
  const url = endpoint(region, world);
  const request = {
    method: 'POST',
    url,
    headers: formHeaders,
    bodyHash: hexHash(body),
    service: 'sts',
    region,
  } as const;
  return exchanged(url, body, signed({ ...request, now: world.now() }, keys), world);
}

/** AssumeRoleWithWebIdentity: keys for a token that somebody else has signed, as Kubernetes and CI services do. */
export function assumeRoleByToken(role: Role, token: Secret, region: string, world: World): Promise<AwsKeys> {
  const body = form('AssumeRoleWithWebIdentity', role, { WebIdentityToken: token.reveal() });
  return exchanged(endpoint(region, world), body, formHeaders, world);
}

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

const form = (action: string, role: Role, more: Readonly<Record<string, string>>): string =>
  queryText({
    Action: action,
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.sessionName ?? 'strake',
    ...(role.duration !== undefined && { DurationSeconds: role.duration }),
    ...more,
  });

const endpoint = (region: string, { env }: World): URL =>
  new URL('/', env['AWS_ENDPOINT_URL_STS'] || env['AWS_ENDPOINT_URL'] || `https://sts.${region}.${domainOf(region)}`);

async function exchanged(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  world: World,
): Promise<AwsKeys> {
  const text = textOf(await ask({ method: 'POST', url, headers, body, from: service }, world), service);
  const part = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1] ?? '';
  const [id, secret, token] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(part) as [string, string, string];
  if (id === '' || secret === '') throw problem('NO_KEYS', { from: service, reason: 'the answer holds no access key' });
  const expires = Date.parse(part('Expiration'));
  return {
    id,
    secret: new Secret(secret),
    token: new Secret(token),
    ...(Number.isFinite(expires) && { expires }),
  };
}
