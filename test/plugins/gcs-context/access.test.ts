/** Who asks Google, against a strict stand-in of its published protocols: no real ones can be had. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FakeWorldOptions, Tree } from '../../../core/testing/index.ts';
import { fakeWorld } from '../../../core/testing/index.ts';
import { findAccess } from '../../../plugins/gcs-context/access.ts';
import { usualLimits } from '../../../plugins/shared/archive-limits.ts';
import { startGoogleIdentity, type GoogleIdentity } from '../../support/servers/google-identity.ts';

let google: GoogleIdentity;
beforeAll(async () => {
  google = await startGoogleIdentity();
});
afterAll(() => google.stop());

const question = { method: 'GET', url: new URL('http://127.0.0.1/'), headers: {} } as const;
const settings = {
  credentials: undefined,
  endpoint: undefined,
  userProject: undefined,
  parallel: undefined,
  limits: usualLimits,
};
const json = JSON.stringify;

/** A world whose environment names the file `key.json`, which is in its directory. */
const withFile = (content: object | string, files: Tree = {}): FakeWorldOptions => ({
  network: 'loopback',
  now: new Date(),
  env: { GOOGLE_APPLICATION_CREDENTIALS: 'key.json' },
  files: { '/key.json': typeof content === 'string' ? content : json(content), ...files },
});

async function authorization(options: FakeWorldOptions, credentials?: string): Promise<string | undefined> {
  await using world = fakeWorld(options);
  const access = await findAccess({ ...settings, credentials }, world);
  return ((await access.sign(question)).headers as Record<string, string>)['authorization'];
}

/** The problem that signing ends with; nothing secret is in it. */
async function refusalOf(options: FakeWorldOptions): Promise<{ code: string; message: string; hint: string }> {
  try {
    await authorization(options);
  } catch (error) {
    const { code, message, hint = '' } = error as { code: string; message: string; hint?: string };
    for (const secret of google.secrets()) expect(`${message} ${hint}`).not.toContain(secret);
    return { code, message, hint };
  }
  throw new Error('no problem');
}

describe('tokens that let in', () => {
  test('the key of a service account', async () => {
    expect(google.lets(await authorization(withFile(google.files.serviceAccount())))).toBe(true);
  });

  test('the login of a person', async () => {
    expect(google.lets(await authorization(withFile(google.files.user())))).toBe(true);
  });

  test('an account that a person impersonates', async () => {
    expect(google.lets(await authorization(withFile(google.files.impersonated())))).toBe(true);
  });

  test.each([
    ['a file of text', { file: 'TOKEN' }, false],
    ['a file of JSON', { file: 'JSON', format: { type: 'json', subject_token_field_name: 'id_token' } }, false],
    ['a file, impersonating', { file: 'TOKEN' }, true],
    [
      'an address',
      { url: 'URL', headers: 'HEADERS', format: { type: 'json', subject_token_field_name: 'value' } },
      true,
    ],
  ])('an external account, its token from %s', async (_, source, impersonating) => {
    await using world = fakeWorld({
      files: { '/token': `${google.subjectToken}\n`, '/json': json({ id_token: google.subjectToken }) },
    });
    const place: Record<string, string> = {
      TOKEN: `${world.cwd}/token`,
      JSON: `${world.cwd}/json`,
      URL: `${google.url}/subject`,
    };
    const secret = google.secrets()[1];
    const filled = Object.fromEntries(
      Object.entries(source).map(([name, value]) => [
        name,
        value === 'HEADERS' ? { Authorization: `bearer ${secret}` } : typeof value === 'string' ? place[value] : value,
      ]),
    );
    expect(google.lets(await authorization(withFile(google.files.external(filled, impersonating))))).toBe(true);
  });

  test('the machine, by its metadata server', async () => {
    const env = { GCE_METADATA_HOST: google.host };
    expect(google.lets(await authorization({ network: 'loopback', now: new Date(), env }))).toBe(true);
  });

  test('the file of gcloud, and the one of the options before that of the environment', async () => {
    const home = { '/.config/gcloud/application_default_credentials.json': json(google.files.user()) };
    expect(google.lets(await authorization({ network: 'loopback', now: new Date(), home }))).toBe(true);
    const named = { ...withFile('no json'), files: { '/key.json': 'no json', '/own.json': json(google.files.user()) } };
    expect(google.lets(await authorization(named, 'own.json'))).toBe(true);
  });
});

describe('one token', () => {
  test('serves until it is about to end', async () => {
    let now = Date.now();
    await using world = fakeWorld(withFile(google.files.user()));
    const access = await findAccess(settings, { ...world, now: () => new Date(now) });
    const first = await access.sign(question);
    now += 3_500_000;
    expect((await access.sign(question)).headers).toEqual(first.headers);
    now += 50_000;
    expect((await access.sign(question)).headers).not.toEqual(first.headers);
  });

  test('is replaced when it is refused before its time, however many notice', async () => {
    await using world = fakeWorld(withFile(google.files.user()));
    const access = await findAccess(settings, world);
    const refused = await access.sign(question);
    google.revoke();
    expect(await access.renew(refused, 403)).toBe(false);
    expect(await access.renew(refused, 401)).toBe(true);
    const renewed = await access.sign(question);
    expect(google.lets(renewed.headers['authorization'])).toBe(true);
    const asked = google.requests().length;
    expect(await access.renew(refused, 401)).toBe(true);
    expect((await access.sign(question)).headers).toEqual(renewed.headers);
    expect(google.requests()).toHaveLength(asked);
  });
});

describe('nobody', () => {
  test('asks nothing and nobody before it is refused', async () => {
    await using world = fakeWorld();
    const access = await findAccess(settings, world);
    expect(access.anonymous).toBe(true);
    expect(await access.sign(question)).toEqual(question);
    expect(await access.renew(question, 500)).toBe(false);
  });

  test('stays nobody where there is no metadata server', async () => {
    await using world = fakeWorld();
    const access = await findAccess(settings, world);
    expect(await access.renew(question, 401)).toBe(false);
    expect(access.who).toBe('no credentials');
  });

  test('is not told by somebody else at the address', async () => {
    const server = createServer((_, response) => response.end('{"access_token":"stolen","expires_in":9}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = { GCE_METADATA_HOST: `127.0.0.1:${(server.address() as AddressInfo).port}` };
    expect(await authorization({ network: 'loopback', env })).toBeUndefined();
    server.closeAllConnections();
    server.close();
  });
});

describe('what is wrong with credentials is said', () => {
  test.each([
    ['no JSON', 'secret text', 'CREDENTIALS_UNREADABLE', 'it is no JSON'],
    ['no type', {}, 'CREDENTIALS_UNSUPPORTED', 'it has no "type"'],
    ['another type', { type: 'gdch_service_account' }, 'CREDENTIALS_UNSUPPORTED', 'gdch_service_account'],
    ['something missing', { type: 'authorized_user', client_id: 'a' }, 'CREDENTIALS_UNREADABLE', '"client_secret"'],
  ])('%s', async (_, content, code, message) => {
    const refusal = await refusalOf(withFile(content));
    expect(refusal.code).toBe(`google/${code}`);
    expect(refusal.message).toContain(message);
    expect(refusal.message).not.toContain('secret text');
  });

  test('a file that is named and not there', async () => {
    const refusal = await refusalOf({ env: { GOOGLE_APPLICATION_CREDENTIALS: 'absent.json' } });
    expect(refusal).toMatchObject({ code: 'google/CREDENTIALS_UNREADABLE' });
    expect(refusal.message).toContain('there is no such file');
  });

  test.each([
    ['a key that is none', { private_key: 'nonsense' }, 'CREDENTIALS_UNREADABLE', 'no private key in PEM'],
    ['another universe', { universe_domain: 'cloud.example' }, 'CREDENTIALS_UNSUPPORTED', 'cloud.example'],
    ['another account than that of the key', { client_email: 'x@y' }, 'TOKEN_REFUSED', 'Invalid issuer'],
  ])('%s', async (_, change, code, message) => {
    const refusal = await refusalOf(withFile({ ...google.files.serviceAccount(), ...change }));
    expect(refusal.code).toBe(`google/${code}`);
    expect(refusal.message).toContain(message);
  });

  test('a login that has ended', async () => {
    const refusal = await refusalOf(withFile({ ...google.files.user(), refresh_token: 'of yesterday' }));
    expect(refusal.message).toContain('invalid_grant: Token has been expired or revoked.');
    expect(refusal.hint).toContain('the login has ended');
  });

  test('tokens for secrets go over https alone', async () => {
    const refusal = await refusalOf(withFile({ ...google.files.user(), token_uri: 'http://oauth2.example/token' }));
    expect(refusal).toMatchObject({ code: 'token/INSECURE', message: 'http://oauth2.example is no https address.' });
  });

  test.each([
    [{ environment_id: 'aws1' }, 'a role of AWS'],
    [{ executable: { command: 'x' } }, 'a program'],
  ])('an external account whose token comes from elsewhere: %j', async (source, message) => {
    const refusal = await refusalOf(withFile(google.files.external(source)));
    expect(refusal.code).toBe('google/CREDENTIALS_UNSUPPORTED');
    expect(refusal.message).toContain(message);
  });
});
