import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { googleCredentials } from '../../../plugins/google-credentials/index.ts';
import type { Script } from '../../core/registry/scripted-server.ts';
import { ask } from './ask.ts';
import { elsewhere } from './elsewhere.ts';
import { fakeMetadata, fakeTokens, tokenService } from './fake-google.ts';

const registry = 'europe-west1-docker.pkg.dev';
const machine = 'http://169.254.169.254';
const now = Date.parse('2024-01-01T00:00:00Z') / 1000;
const login = 'oauth2accesstoken:ya29.token';
const nowhere = { METADATA_SERVER_DETECTION: 'none' };

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const account = (key = privateKey) =>
  JSON.stringify({
    type: 'service_account',
    client_email: 'builder@project',
    private_key_id: 'k1',
    private_key: key,
    token_uri: `${tokenService}/token`,
  });

test.each(['gcr.io', 'eu.gcr.io', 'europe-west1-docker.pkg.dev'])('a service account at %s', async (host) => {
  const hosts = { [tokenService]: fakeTokens({ key: privateKey, token: 'ya29.token', now }) };
  const env = { GOOGLE_APPLICATION_CREDENTIALS: 'key.json' };
  await using there = await elsewhere(hosts, { env, files: { '/key.json': account() } });
  const plugin = googleCredentials();
  const all = ['a', 'b'].map((name) => ask(plugin, `${host}/${name}`, there.world, ['pull', 'push']));
  expect(await Promise.all(all)).toEqual([login, login]);
  expect(there.asked).toEqual([`POST ${tokenService}/token`]);
});

test('what gcloud left in the home directory', async () => {
  const hosts = {
    [tokenService]: fakeTokens({ person: { secret: 'cs', refresh: '1//rt' }, token: 'ya29.token', now }),
  };
  const person = { type: 'authorized_user', client_id: 'client', client_secret: 'cs', refresh_token: '1//rt' };
  const home = { '/.config/gcloud/application_default_credentials.json': JSON.stringify(person) };
  await using there = await elsewhere(hosts, { home, env: nowhere });
  expect(await ask(googleCredentials(), registry, there.world)).toBe(login);
});

test('the metadata server: to push always, to pull where the machine says that it is Google’s; again before the end', async () => {
  let at = now * 1000;
  const hosts = { [machine]: fakeMetadata('ya29.token') };
  await using there = await elsewhere(hosts, { env: { K_SERVICE: 'builder' } });
  Object.assign(there.world, { now: () => new Date(at) });
  const plugin = googleCredentials();
  expect(await ask(plugin, registry, there.world)).toBe(login);
  expect(await ask(plugin, registry, there.world)).toBe(login);
  expect(there.asked).toHaveLength(1);
  at += 1_799_000 - 100_000;
  expect(await ask(plugin, registry, there.world)).toBe(login);
  expect(there.asked).toHaveLength(2);
  await using pushing = await elsewhere(hosts);
  expect(await ask(googleCredentials(), registry, pushing.world, ['pull', 'push'])).toBe(login);
});

test('away from Google a pull asks nobody, and a push finds that nobody is there', async () => {
  await using there = await elsewhere({}, { env: nowhere });
  expect(await ask(googleCredentials(), 'gcr.io/distroless/static', there.world)).toBeUndefined();
  expect(await ask(googleCredentials(), registry, there.world, ['pull', 'push'])).toBeUndefined();
  expect(there.asked).toEqual([]);
  const other: Script = (_, response) => void response.end('{"access_token":"of another cloud","expires_in":9}');
  await using aws = await elsewhere({ [machine]: other });
  expect(await ask(googleCredentials(), registry, aws.world, ['pull', 'push'])).toBeUndefined();
});

test('what is wrong with the credentials stops a push and not a pull of what may be public; nothing secret is told', async () => {
  const hosts = { [tokenService]: fakeTokens({ person: { secret: 'cs', refresh: 'right' }, token: 'x', now }) };
  const person = { type: 'authorized_user', client_id: 'client', client_secret: 'cs', refresh_token: 'revoked-token' };
  const env = { GOOGLE_APPLICATION_CREDENTIALS: 'key.json', ...nowhere };
  await using there = await elsewhere(hosts, { env, files: { '/key.json': JSON.stringify(person) } });
  const failure = ask(googleCredentials(), registry, there.world, ['pull', 'push']);
  await expect(failure).rejects.toMatchObject({
    code: 'google/TOKEN_REFUSED',
    message: expect.stringContaining('invalid_grant') as unknown,
    hint: expect.stringContaining('revoked') as unknown,
  });
  await expect(failure).rejects.not.toThrow('revoked-token');
  expect(await ask(googleCredentials(), registry, there.world)).toBeUndefined();
  expect(there.world.notices()).toEqual([expect.stringMatching(/^NO_GOOGLE_LOGIN .* is asked without a login: /)]);
  expect(there.world.notices().join()).not.toContain('revoked-token');
});

test('no other host makes it look', async () => {
  const env = { GOOGLE_APPLICATION_CREDENTIALS: 'absent.json', GCE_METADATA_HOST: 'metadata.test' };
  await using there = await elsewhere({}, { env });
  for (const host of [
    'docker.io',
    'ghcr.io',
    'gcr.io.evil.test',
    'evilgcr.io',
    'x.pkg.dev.evil.test',
    'pkg.dev',
    'a.azurecr.io',
  ])
    expect(await ask(googleCredentials(), host, there.world, ['pull', 'push'])).toBeUndefined();
  expect(there.asked).toEqual([]);
});
