import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, type World } from '../../../core/index.ts';
import { helperKeys } from './helper.ts';
import { parseIni, type Ini } from './ini.ts';
import type { AwsKeys } from './keys.ts';
import { containerKeys, machineKeys } from './metadata.ts';
import { problem } from './problems.ts';
import { signOnKeys } from './sign-on.ts';
import { assumeRole, assumeRoleByToken, type Role } from './sts.ts';

/** The files that `aws configure` writes. */
export interface Profiles {
  /** One setting of a profile; the file of credentials counts before that of settings. */
  setting(profile: string, name: string): string | undefined;
  /** `undefined`: the profile has none. Refuses a profile that is asked for and not there. */
  keys(profile: string, isAskedFor: boolean): Promise<AwsKeys | undefined>;
}

const usualRegion = 'us-east-1';

export async function readProfiles(world: World): Promise<Profiles> {
  const { env, home } = world;
  const files = [
    env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws/credentials'),
    env['AWS_CONFIG_FILE'] || join(home, '.aws/config'),
  ];
  const [credentials, config] = (await Promise.all(files.map(readIni))) as [Ini, Ini];
  const sectionOf = (profile: string) =>
    new Map([
      ...(config.get(profile === 'default' ? profile : `profile ${profile}`) ?? []),
      ...(credentials.get(profile) ?? []),
    ]);

  const keysOf = async (
    profile: string,
    isAskedFor: boolean,
    trail: readonly string[],
  ): Promise<AwsKeys | undefined> => {
    const section = sectionOf(profile);
    if (section.size === 0) {
      if (isAskedFor) throw problem('PROFILE_UNKNOWN', { profile, files });
      return undefined;
    }
    if (trail.includes(profile)) {
      const own = staticKeys(section);
      if (own) return own;
      throw problem('PROFILE_INVALID', { profile, reason: 'takes its credentials from itself' });
    }
    const own: Own = { profile, section, world, config, from: (other) => keysOf(other, true, [...trail, profile]) };
    return (await roleKeys(own)) ?? staticKeys(section) ?? (await loginKeys(own)) ?? processKeys(own);
  };
  return {
    setting: (profile, name) => sectionOf(profile).get(name),
    keys: (profile, isAskedFor) => keysOf(profile, isAskedFor, []),
  };
}

interface Own {
  readonly profile: string;
  readonly section: ReadonlyMap<string, string>;
  readonly world: World;
  readonly config: Ini;
  /** Keys of another profile. */
  from(profile: string): Promise<AwsKeys | undefined>;
}

const readIni = async (file: string): Promise<Ini> => parseIni(await readFile(file, 'utf8').catch(() => ''));

function staticKeys(section: Own['section']): AwsKeys | undefined {
  const [id, secret, token] = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'].map((name) =>
    section.get(name),
  );
  if (!id || !secret) return undefined;
  return { id, secret: new Secret(secret), ...(token && { token: new Secret(token) }) };
}

async function roleKeys({ profile, section, world, from }: Own): Promise<AwsKeys | undefined> {
  const arn = section.get('role_arn');
  if (!arn) return undefined;
  const role: Role = {
    arn,
    ...optional('sessionName', section.get('role_session_name')),
    ...optional('externalId', section.get('external_id')),
    ...optional('duration', section.get('duration_seconds')),
  };
  const region = section.get('region') ?? regionIn(world) ?? usualRegion;
  const invalid = (reason: string) => problem('PROFILE_INVALID', { profile, reason });
  const file = section.get('web_identity_token_file');
  if (file) return assumeRoleByToken(role, await tokenIn(file), region, world);
  if (section.has('mfa_serial')) throw invalid('asks for a code at each use (mfa_serial), which a build cannot');
  const [source, place] = [section.get('source_profile'), section.get('credential_source')?.toLowerCase()];
  if (!source && !place) throw invalid('has a role_arn, but neither source_profile nor credential_source');
  const keys = source ? await from(source) : await placedKeys(place!, world);
  if (!keys) throw invalid(`has a role, but ${source ? `the profile "${source}"` : place} has no credentials for it`);
  return assumeRole(role, keys, region, world);
}

function placedKeys(place: string, world: World): Promise<AwsKeys | undefined> | AwsKeys | undefined {
  if (place === 'environment') return environmentKeys(world);
  return place === 'ecscontainer' ? containerKeys(world) : machineKeys(world);
}

async function loginKeys({ profile, section, config, world }: Own): Promise<AwsKeys | undefined> {
  const session = section.get('sso_session');
  const login = session ?? section.get('sso_start_url');
  if (!login) return undefined;
  const region = section.get('sso_region') ?? config.get(`sso-session ${session}`)?.get('sso_region');
  const [account, role] = [section.get('sso_account_id'), section.get('sso_role_name')];
  if (!region || !account || !role)
    throw problem('PROFILE_INVALID', { profile, reason: 'lacks sso_region, sso_account_id or sso_role_name' });
  return signOnKeys({ profile, login, region, account, role }, world);
}

const processKeys = async ({ section, world }: Own): Promise<AwsKeys | undefined> => {
  const command = section.get('credential_process');
  return command ? helperKeys(command, world) : undefined;
};

export const regionIn = ({ env }: World): string | undefined =>
  env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;

export function environmentKeys({ env }: World): AwsKeys | undefined {
  const [id, secret, token] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map((it) => env[it]);
  if (!id || !secret) return undefined;
  return { id, secret: new Secret(secret), ...(token && { token: new Secret(token) }) };
}

/** What `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE` say, as pods of EKS and CI services have them. */
export async function webIdentityKeys(world: World): Promise<AwsKeys | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: arn, AWS_ROLE_SESSION_NAME: name } = world.env;
  if (!file || !arn) return undefined;
  const role = { arn, ...optional('sessionName', name || undefined) };
  return assumeRoleByToken(role, await tokenIn(file), regionIn(world) ?? usualRegion, world);
}

async function tokenIn(file: string): Promise<Secret> {
  try {
    return new Secret((await readFile(file, 'utf8')).trim());
  } catch (error) {
    const reason = `it cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw problem('NO_KEYS', { from: `The token of AWS in ${file}`, reason }, {}, { cause: error });
  }
}

const optional = <K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: string };
