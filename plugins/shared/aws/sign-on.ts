import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../../core/index.ts';
import { ask, textOf } from './ask.ts';
import { keysIn } from './given-keys.ts';
import type { AwsKeys } from './keys.ts';
import { problem } from './problems.ts';
import { queryText } from './sign.ts';
import { domainOf } from './sts.ts';

export interface SignOn {
  readonly profile: string;
  /** Name of the session, or the start URL where the profile has none: what the login is filed under. */
  readonly login: string;
  readonly region: string;
  readonly account: string;
  readonly role: string;
}

/** Keys for a login that `aws sso login` has made. */
export async function signOnKeys({ profile, login, region, account, role }: SignOn, world: World): Promise<AwsKeys> {
  const name = createHash('sha1').update(login).digest('hex');
  const text = await readFile(join(world.home, '.aws/sso/cache', `${name}.json`), 'utf8').catch(() => '{}');
  const { accessToken, expiresAt } = JSON.parse(text) as { accessToken?: string; expiresAt?: string };
  if (!accessToken || !(Date.parse(expiresAt ?? '') > world.now().getTime())) throw problem('LOGIN_OVER', { profile });
  const url = new URL(
    `/federation/credentials?${queryText({ account_id: account, role_name: role })}`,
    world.env['AWS_ENDPOINT_URL_SSO'] || `https://portal.sso.${region}.${domainOf(region)}`,
  );
  const from = 'The single sign-on of AWS';
  const answer = await ask({ url, headers: { 'x-amz-sso_bearer_token': accessToken }, from }, world);
  if (answer.status === 401) throw problem('LOGIN_OVER', { profile });
  const { roleCredentials } = JSON.parse(textOf(answer, from)) as { roleCredentials?: unknown };
  return keysIn(JSON.stringify(roleCredentials ?? null), from);
}
