/** Who asks Azure; token services are strict stand-ins of the published protocols, as no real ones can be had. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../core/index.ts';
import { fakeWorld, type FakeWorldOptions } from '../../../core/testing/index.ts';
import { findAccess } from '../../../plugins/azure-context/access.ts';
import { usualLimits } from '../../../plugins/shared/archive-limits.ts';
import { parseConnectionString } from '../../../plugins/azure-context/connection-string.ts';
import { sharedKeyAccess, stringToSign } from '../../../plugins/azure-context/shared-key.ts';
import { startAzureIdentity, type AzureIdentity } from '../../support/servers/azure-identity.ts';

let azure: AzureIdentity;
beforeAll(async () => {
  azure = await startAzureIdentity();
});
afterAll(() => azure.stop());

const settings = {
  endpoint: undefined,
  keyEnv: undefined,
  sasEnv: undefined,
  parallel: undefined,
  limits: usualLimits,
};
const location = {
  account: 'acc',
  container: 'ctr',
  blob: 'b',
  service: 'https://acc.blob.core.windows.net',
  pinned: [],
};
const question = { method: 'GET', url: new URL('https://acc.blob.core.windows.net/ctr/b'), headers: {} } as const;

async function signed(env: Readonly<Record<string, string>>, more: object = {}, files: FakeWorldOptions['files'] = {}) {
  await using world = fakeWorld({ network: 'loopback', now: new Date(), env, files });
  const text = env['AZURE_STORAGE_CONNECTION_STRING'];
  const connection = text === undefined ? undefined : parseConnectionString(text, 'AZURE_STORAGE_CONNECTION_STRING');
  const access = findAccess({ ...location, ...more }, connection, settings, world);
  const { url, headers } = await access.sign(question);
  return { who: access.who, search: url.search, authorization: (headers as Record<string, string>)['authorization'] };
}

describe('what is signed with a key', () => {
  test('is the text that the service makes, line by line', () => {
    const url = new URL('https://acc.blob.core.windows.net/ctr/a%20b?snapshot=2024-01-01T00:00:00Z&Comp=x');
    const headers = {
      'x-ms-version': '2021-12-02',
      'x-ms-date': 'Sun, 11 Oct 2009 21:49:13 GMT',
      'if-match': '"0x1"',
      range: 'bytes=0-9',
    };
    expect(stringToSign({ method: 'GET', url, headers }, 'acc').split('\n')).toEqual([
      'GET',
      ...Array.from({ length: 7 }, () => ''),
      '"0x1"',
      '',
      '',
      'bytes=0-9',
      'x-ms-date:Sun, 11 Oct 2009 21:49:13 GMT',
      'x-ms-version:2021-12-02',
      '/acc/ctr/a%20b',
      'comp:x',
      'snapshot:2024-01-01T00:00:00Z',
    ]);
  });

  test('a key that is none is refused', () => {
    expect(() => sharedKeyAccess('acc', new Secret('!'), 'NAME', () => new Date())).toThrow(
      'NAME: it is no key in base64',
    );
  });
});

describe('who asks, the nearest first', () => {
  const key = Buffer.from('key').toString('base64');
  const connection = `DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=${key};EndpointSuffix=core.windows.net`;
  const all = {
    AZURE_STORAGE_SAS_TOKEN: '?sv=1&sig=env',
    AZURE_STORAGE_ACCESS_KEY: key,
    AZURE_STORAGE_KEY: key,
    AZURE_STORAGE_CONNECTION_STRING: connection,
  };

  test('the SAS of the location', async () => {
    expect(await signed(all, { sas: new Secret('sv=1&sig=own') })).toMatchObject({
      who: 'the SAS of the location',
      search: '?sv=1&sig=own',
      authorization: undefined,
    });
  });

  test.each([
    [['AZURE_STORAGE_SAS_TOKEN'], 'the key of acc (AZURE_STORAGE_ACCESS_KEY)'],
    [['AZURE_STORAGE_SAS_TOKEN', 'AZURE_STORAGE_ACCESS_KEY'], 'the key of acc (AZURE_STORAGE_KEY)'],
    [
      ['AZURE_STORAGE_SAS_TOKEN', 'AZURE_STORAGE_ACCESS_KEY', 'AZURE_STORAGE_KEY'],
      'the key of acc (AZURE_STORAGE_CONNECTION_STRING)',
    ],
  ])('without %j', async (without, who) => {
    const env = Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)));
    const { who: is, authorization } = await signed(env);
    expect(is).toBe(who);
    expect(authorization).toMatch(/^SharedKey acc:.{44}$/);
  });

  test('a SAS of the environment', async () => {
    expect(await signed(all)).toMatchObject({ who: 'the SAS in AZURE_STORAGE_SAS_TOKEN', search: '?sv=1&sig=env' });
    const only = `BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=a%3D`;
    expect(await signed({ AZURE_STORAGE_CONNECTION_STRING: only })).toMatchObject({ search: '?sv=1&sig=a%3D' });
  });

  test('nothing of another account’s', async () => {
    const env = { AZURE_STORAGE_SAS_TOKEN: 'sig=x', AZURE_STORAGE_KEY: key, AZURE_STORAGE_ACCOUNT: 'other' };
    expect(await signed(env)).toMatchObject({ who: 'no credentials', search: '' });
  });

  test('nobody, and nothing is asked for it', async () => {
    expect(await signed({})).toEqual({ who: 'no credentials', search: '', authorization: undefined });
  });

  test('a SAS goes over https alone, a key only signs', async () => {
    const plain = { service: 'http://acc.example' };
    await expect(signed({ AZURE_STORAGE_SAS_TOKEN: 'sig=x' }, plain)).rejects.toMatchObject({ code: 'token/INSECURE' });
    expect((await signed({ AZURE_STORAGE_KEY: key }, plain)).authorization).toMatch(/^SharedKey/);
  });
});

describe('identities', () => {
  const ids = () => ({
    AZURE_TENANT_ID: azure.tenant,
    AZURE_CLIENT_ID: azure.clientId,
    AZURE_AUTHORITY_HOST: azure.url,
  });

  test('a service principal', async () => {
    const { who, authorization } = await signed({ ...ids(), AZURE_CLIENT_SECRET: azure.clientSecret });
    expect(who).toBe(`the service principal ${azure.clientId}`);
    expect(azure.secrets()).toContain(authorization?.replace('Bearer ', ''));
  });

  test('a workload, by the file of its federated token', async () => {
    const files = { '/token': `${azure.assertion}\n` };
    const { who, authorization } = await signed({ ...ids(), AZURE_FEDERATED_TOKEN_FILE: 'token' }, {}, files);
    expect(who).toBe(`the workload identity ${azure.clientId}`);
    expect(azure.secrets()).toContain(authorization?.replace('Bearer ', ''));
  });

  test('the managed identity of an app', async () => {
    const env = { IDENTITY_ENDPOINT: `${azure.url}/msi/token`, IDENTITY_HEADER: azure.header };
    const { who, authorization } = await signed(env);
    expect(who).toBe('the managed identity of the app');
    expect(azure.secrets()).toContain(authorization?.replace('Bearer ', ''));
  });

  test('the managed identity of a machine, once nobody was refused', async () => {
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: azure.url };
    await using world = fakeWorld({ network: 'loopback', now: new Date(), env });
    const access = findAccess(location, undefined, settings, world);
    const asked = azure.requests().length;
    expect((await access.sign(question)).headers).toEqual({});
    expect(azure.requests()).toHaveLength(asked);
    expect(await access.renew(question, 403)).toBe(true);
    const { headers } = await access.sign(question);
    expect(azure.secrets()).toContain(headers['authorization']?.replace('Bearer ', ''));
  });

  test('nobody, where there is no such machine', async () => {
    await using world = fakeWorld();
    const access = findAccess(location, undefined, settings, world);
    expect(await access.renew(question, 403)).toBe(false);
    expect(access.who).toBe('no credentials');
  });

  test('a wrong secret is told without the secret', async () => {
    const env = { ...ids(), AZURE_CLIENT_SECRET: 'the-wrong-secret' };
    const failing = signed(env);
    await expect(failing).rejects.toMatchObject({ code: 'azure/TOKEN_REFUSED' });
    await expect(failing).rejects.toThrow('AADSTS7000215: Invalid client secret provided: ***');
  });

  test('a federated token that cannot be read', async () => {
    const env = { ...ids(), AZURE_FEDERATED_TOKEN_FILE: '/absent' };
    await expect(signed(env)).rejects.toThrow('/absent, which AZURE_FEDERATED_TOKEN_FILE names: it cannot be read');
  });
});

describe('connection strings', () => {
  test.each([
    [
      'AccountName=a1b;AccountKey=eA==;EndpointSuffix=core.chinacloudapi.cn',
      'a1b',
      'https://a1b.blob.core.chinacloudapi.cn',
    ],
    ['AccountName=a1b;BlobEndpoint=http://127.0.0.1:1/a1b/;', 'a1b', 'http://127.0.0.1:1/a1b'],
    [
      'BlobEndpoint=https://a1b.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x',
      'a1b',
      'https://a1b.blob.core.windows.net',
    ],
    ['UseDevelopmentStorage=true', 'devstoreaccount1', 'http://127.0.0.1:10000/devstoreaccount1'],
    ['AccountName=a1b', 'a1b', undefined],
  ])('%s', (text, account, endpoint) => {
    expect(parseConnectionString(text, 'NAME')).toMatchObject({ account, endpoint });
  });

  test.each([
    ['nonsense', 'no name=value'],
    ['AccountKey=secret', 'no AccountName'],
    ['AccountName=a;BlobEndpoint=secret', 'no address'],
  ])('%s is refused without being shown', (text, reason) => {
    expect(() => parseConnectionString(text, 'NAME')).toThrow(reason);
    expect(() => parseConnectionString(text, 'NAME')).not.toThrow(/secret|nonsense/);
  });
});
