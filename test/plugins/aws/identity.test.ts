/** The chain of places that may have credentials: who is asked, in which order, and what is said where it goes wrong. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BuildError, type Env } from '../../../core/index.ts';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from '../../../core/testing/index.ts';
import { awsIdentity } from '../../../plugins/shared/aws/identity.ts';
import { startServices, type FakeServices, type ServiceFacts } from './fake-services.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const given = { keys: { id: 'ASIAGIVEN', secret: 'secret-that-was-given' }, webToken: 'of-a-workload' };

async function services(facts: Partial<ServiceFacts> = {}): Promise<FakeServices> {
  const started = await startServices({ ...given, ...facts });
  open.push(started);
  return started;
}

/** Nobody asks the metadata service of the machine that the tests run on. */
function world(env: Env, options: FakeWorldOptions = {}): FakeWorld {
  const made = fakeWorld({ network: 'loopback', ...options, env: { AWS_EC2_METADATA_DISABLED: 'true', ...env } });
  open.push(made);
  return made;
}

async function keysOf(where: FakeWorld, profile?: string): Promise<string> {
  const keys = await awsIdentity(where, profile).keys();
  return keys ? [keys.id, keys.secret.reveal(), keys.token?.reveal()].filter(Boolean).join(' ') : 'none';
}

async function complaint(where: FakeWorld, profile?: string): Promise<string> {
  const error = await awsIdentity(where, profile)
    .keys()
    .catch((it: unknown) => it);
  return BuildError.is(error) ? `${error.code} ${error.message}` : String(error);
}

const ini = (text: string): FakeWorldOptions => ({ home: { '/.aws/config': text } });
const fromServices = 'ASIAGIVEN secret-that-was-given token-of-a-session';

describe('the environment', () => {
  test('has keys, with and without a token', async () => {
    expect(await keysOf(world({ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }))).toBe('A B');
    const env = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B', AWS_SESSION_TOKEN: 'C' };
    expect(await keysOf(world(env))).toBe('A B C');
  });

  test('counts before a profile it names, but not before one the options name', async () => {
    const files = ini('[profile p]\naws_access_key_id = P\naws_secret_access_key = Q\n');
    const env = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B', AWS_PROFILE: 'p' };
    expect(await keysOf(world(env, files))).toBe('A B');
    expect(await keysOf(world(env, files), 'p')).toBe('P Q');
  });

  test('has a token of a web identity', async () => {
    const sts = await services();
    const where = world(
      { AWS_ROLE_ARN: 'arn:aws:iam::1:role/r', AWS_ENDPOINT_URL_STS: sts.url },
      { files: { '/t': 'of-a-workload\n' } },
    );
    const env = { ...where.env, AWS_WEB_IDENTITY_TOKEN_FILE: join(where.cwd, 't') };
    expect(await keysOf({ ...where, env })).toBe(fromServices);
    expect(sts.asked).toEqual(['POST / AssumeRoleWithWebIdentity']);
  });

  test('names a service of the container', async () => {
    const { url, asked } = await services();
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer of-the-pod',
    };
    expect(await keysOf(world(env))).toBe(fromServices);
    expect(asked).toEqual(['GET /container']);
    const refused = await complaint(world({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer wrong' }));
    expect(refused).toBe('aws/NO_KEYS The credentials service of the container gives no credentials: it answers 403.');
    const elsewhere = { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/container' };
    expect(await complaint(world(elsewhere))).toMatch(/^aws\/NO_KEYS .*neither of this machine nor asked by https/);
  });
});

describe('profiles', () => {
  test('the default one, from both files; the one of credentials counts first', async () => {
    const home = {
      '/.aws/credentials': '# mine\n[default]\naws_access_key_id=A\naws_secret_access_key = B # not C\n',
      '/.aws/config': '[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\naws_access_key_id = Z\n',
    };
    const where = world({}, { home });
    expect(await keysOf(where)).toBe('A B');
    expect(await awsIdentity(where).region()).toBe('eu-west-1');
  });

  test('one that is not there is named, with the files', async () => {
    expect(await complaint(world({ AWS_PROFILE: 'absent' }))).toMatch(
      /^aws\/PROFILE_UNKNOWN There is no profile "absent" in .*\/\.aws\/credentials or .*\/\.aws\/config\.$/,
    );
  });

  test('with a role, for which another profile has the keys', async () => {
    const sts = await services();
    const files = ini(
      '[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = s\n[profile s]\naws_access_key_id = A\naws_secret_access_key = B\n',
    );
    expect(await keysOf(world({ AWS_PROFILE: 'r', AWS_ENDPOINT_URL_STS: sts.url }, files))).toBe(fromServices);
    expect(sts.asked).toEqual(['POST / AssumeRole']);
  });

  test('that lead in a circle, or nowhere, are refused', async () => {
    const role = 'role_arn = arn:aws:iam::1:role/r\n';
    const circle = ini(`[profile a]\n${role}source_profile = b\n[profile b]\n${role}source_profile = a\n`);
    expect(await complaint(world({ AWS_PROFILE: 'a' }, circle))).toMatch(/^aws\/PROFILE_INVALID .*from itself/);
    expect(await complaint(world({ AWS_PROFILE: 'a' }, ini(`[profile a]\n${role}`)))).toMatch(/neither source_profile/);
    const mfa = ini(`[profile a]\n${role}source_profile = a\nmfa_serial = arn:x\n`);
    expect(await complaint(world({ AWS_PROFILE: 'a' }, mfa))).toMatch(/asks for a code at each use/);
  });

  test('with a program', async () => {
    const print = `echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"B"}'`;
    expect(await keysOf(world({ AWS_PROFILE: 'a' }, ini(`[profile a]\ncredential_process = ${print}\n`)))).toBe('A B');
    const failing = ini('[profile a]\ncredential_process = echo secret-of-the-program; exit 3\n');
    expect(await complaint(world({ AWS_PROFILE: 'a' }, failing))).toBe(
      'aws/NO_KEYS The program of credential_process gives no credentials: it ended with status 3.',
    );
  });

  test('with a single sign-on, as long as its login lasts', async () => {
    const { url } = await services();
    const config =
      '[profile a]\nsso_session = my\nsso_account_id = 1\nsso_role_name = r\n[sso-session my]\nsso_region = eu-west-1\n';
    const login = (expiresAt: string, accessToken = 'login') => ({
      home: {
        '/.aws/config': config,
        [`/.aws/sso/cache/${createHash('sha1').update('my').digest('hex')}.json`]: JSON.stringify({
          accessToken,
          expiresAt,
        }),
      },
    });
    const env = { AWS_PROFILE: 'a', AWS_ENDPOINT_URL_SSO: url };
    expect(await keysOf(world(env, login('2024-01-02T00:00:00Z')))).toBe(fromServices);
    for (const over of [login('2023-01-02T00:00:00Z'), login('2024-01-02T00:00:00Z', 'other'), ini(config)])
      expect(await complaint(world(env, over))).toMatch(/^aws\/LOGIN_OVER /);
  });
});

describe('the machine', () => {
  const machine = (url: string) => world({ AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });

  test('is asked last, by a session of its metadata service', async () => {
    const { url, asked } = await services();
    expect(await keysOf(machine(url))).toBe(fromServices);
    expect(asked).toEqual([
      'PUT /latest/api/token',
      'GET /latest/meta-data/iam/security-credentials/',
      'GET /latest/meta-data/iam/security-credentials/build%20role',
    ]);
  });

  test('may know the first version alone', async () => {
    const { url } = await services({ firstVersion: true });
    expect(await keysOf(machine(url))).toBe(fromServices);
  });

  test('is none of EC2 where nobody answers, and nothing is asked where that is said', async () => {
    expect(await keysOf(machine('http://127.0.0.1:1'))).toBe('none');
    const { asked, url } = await services();
    expect(await keysOf(world({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }))).toBe('none');
    expect(asked).toEqual([]);
  });

  test('is asked anew before its keys end, and not at every request', async () => {
    const soon = Date.parse('2024-01-01T00:10:00Z');
    const { url, asked } = await services({ expires: soon });
    const where = machine(url);
    let now = new Date('2024-01-01T00:00:00Z');
    const identity = awsIdentity({ ...where, now: () => now });
    await identity.keys();
    await identity.keys();
    expect(asked).toHaveLength(3);
    now = new Date('2024-01-01T00:06:00Z');
    await identity.keys();
    await identity.keys();
    expect(asked).toHaveLength(6);
  });
});

test('a service that fails says so without what it said', async () => {
  const sts = await services({ webToken: 'another' });
  const where = world(
    { AWS_ROLE_ARN: 'arn:aws:iam::1:role/r', AWS_ENDPOINT_URL_STS: sts.url },
    { files: { '/t': 'mine' } },
  );
  const env = { ...where.env, AWS_WEB_IDENTITY_TOKEN_FILE: join(where.cwd, 't') };
  expect(await complaint({ ...where, env })).toBe(
    'aws/NO_KEYS The token service of AWS gives no credentials: it answers 400 InvalidIdentityToken.',
  );
});
