import { expect, test } from 'vitest';
import { azureCredentials } from '../../../plugins/azure-credentials/index.ts';
import { cloudOfRegistry } from '../../../plugins/shared/azure/cloud.ts';
import type { Script } from '../../core/registry/scripted-server.ts';
import { ask } from './ask.ts';
import { elsewhere } from './elsewhere.ts';
import { fakeApp, fakeEntra, fakeExchange, fakeMachine, jwtUntil, type Principal } from './fake-azure.ts';

const registry = 'contoso.azurecr.io';
const forRegistries = 'https://containerregistry.azure.net';
const forManagement = 'https://management.azure.com';
const entra = 'https://login.microsoftonline.com';
const start = Date.parse('2024-01-01T00:00:00Z');
const refresh = jwtUntil(start / 1000 + 3 * 3600);
const names = { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1' };
const principal = { tenant: 'tenant-1', client: 'client-1', resources: [forRegistries] };

const hostsFor = (who: Principal, takes = [forRegistries]): Record<string, Script> => ({
  [entra]: fakeEntra(who),
  [`https://${registry}`]: fakeExchange(registry, takes, refresh),
});

test.each([
  ['contoso.azurecr.io', '.azurecr.io'],
  ['contoso.eastus.data.azurecr.io', '.azurecr.io'],
  ['contoso-b1c2.azurecr.cn', '.azurecr.cn'],
  ['contoso.azurecr.us', '.azurecr.us'],
  ['azurecr.io', undefined],
  ['.azurecr.io', undefined],
  ['contoso.azurecr.io.evil.test', undefined],
  ['contosoazurecr.io', undefined],
  ['contoso.azurecr.io:8443', undefined],
  ['evil.test/.azurecr.io', undefined],
  ['mcr.microsoft.com', undefined],
])('%s belongs to the cloud of %s', (host, suffix) => expect(cloudOfRegistry(host)?.registrySuffix).toBe(suffix));

test('a service principal: one exchange a build, another before its end', async () => {
  let now = start;
  const env = { ...names, AZURE_CLIENT_SECRET: 'principal-secret' };
  await using there = await elsewhere(hostsFor({ ...principal, secret: 'principal-secret' }), { env });
  Object.assign(there.world, { now: () => new Date(now) });
  const plugin = azureCredentials();
  expect(
    await Promise.all(['a', 'b'].map((name) => ask(plugin, `${registry}/${name}`, there.world, ['pull', 'push']))),
  ).toEqual([`refresh ${refresh}`, `refresh ${refresh}`]);
  const exchanged = [`POST ${entra}/tenant-1/oauth2/v2.0/token`, `POST https://${registry}/oauth2/exchange`];
  expect(there.asked).toEqual(exchanged);
  expect(new URLSearchParams(there.received[1]!.body).get('tenant')).toBe('tenant-1');
  now += 3 * 3_600_000 - 100_000;
  await ask(plugin, registry, there.world);
  expect(there.asked).toEqual([...exchanged, ...exchanged]);
});

test('a workload identity, whose token is read where Kubernetes keeps it', async () => {
  const env = { ...names, AZURE_FEDERATED_TOKEN_FILE: 'token', AZURE_AUTHORITY_HOST: 'https://login.example/' };
  const files = { '/token': 'federated-token\n' };
  const hosts = {
    'https://login.example': fakeEntra({ ...principal, federated: 'federated-token' }),
    [`https://${registry}`]: fakeExchange(registry, [forRegistries], refresh),
  };
  await using there = await elsewhere(hosts, { env, files });
  expect(await ask(azureCredentials(), registry, there.world)).toBe(`refresh ${refresh}`);
});

test('the identity of an app, and of a machine, also one of several', async () => {
  const exchange = { [`https://${registry}`]: fakeExchange(registry, [forRegistries], refresh) };
  const app = { IDENTITY_ENDPOINT: 'http://127.0.0.1:42/msi/token', IDENTITY_HEADER: 'app-secret' };
  await using inApp = await elsewhere(
    { ...exchange, 'http://127.0.0.1:42': fakeApp('app-secret', forRegistries) },
    { env: app },
  );
  expect(await ask(azureCredentials(), registry, inApp.world)).toBe(`refresh ${refresh}`);
  const machine = (client?: string) => ({
    ...exchange,
    'http://169.254.169.254': fakeMachine([forRegistries], client),
  });
  await using onMachine = await elsewhere(machine());
  expect(await ask(azureCredentials(), registry, onMachine.world)).toBe(`refresh ${refresh}`);
  await using named = await elsewhere(machine('mine'), { env: { AZURE_CLIENT_ID: 'mine' } });
  expect(await ask(azureCredentials(), registry, named.world)).toBe(`refresh ${refresh}`);
});

test('where registries have no resource of their own, the token of the management does', async () => {
  const env = { ...names, AZURE_CLIENT_SECRET: 's' };
  const who = { ...principal, secret: 's', resources: [forManagement] };
  await using there = await elsewhere(hostsFor(who, [forManagement]), { env });
  expect(await ask(azureCredentials(), registry, there.world)).toBe(`refresh ${refresh}`);
});

test('a wrong secret and a registry that refuses are told with who asked, and with no secret', async () => {
  const env = { ...names, AZURE_CLIENT_SECRET: 'wrong-secret' };
  await using there = await elsewhere(hostsFor({ ...principal, secret: 'right' }), { env });
  const failure = ask(azureCredentials(), registry, there.world);
  await expect(failure).rejects.toMatchObject({
    code: 'azure/TOKEN_REFUSED',
    message: expect.stringMatching(
      /the service principal client-1: status 401 .*Invalid client secret.*\*\*\*/,
    ) as unknown,
    hint: expect.stringContaining('wrong') as unknown,
  });
  await expect(failure).rejects.not.toThrow('wrong-secret');
  const right = { ...principal, secret: 'wrong-secret', resources: [forRegistries, forManagement] };
  await using closed = await elsewhere(hostsFor(right, []), { env });
  const refused = ask(azureCredentials(), registry, closed.world);
  await expect(refused).rejects.toMatchObject({
    code: 'azure-credentials/EXCHANGE_REFUSED',
    message: `${registry} gave no login to the service principal client-1: status 401 (unauthorized: not taken: ***).`,
    hint: expect.stringContaining('AcrPush') as unknown,
  });
});

test('nobody anywhere: no login, and nobody else was asked', async () => {
  await using there = await elsewhere({});
  expect(await ask(azureCredentials(), registry, there.world)).toBeUndefined();
  expect(there.asked).toEqual(['GET http://169.254.169.254/metadata/identity/oauth2/token']);
  expect(await ask(azureCredentials(), 'docker.io', there.world)).toBeUndefined();
  expect(await ask(azureCredentials(), 'contoso.azurecr.io.evil.test', there.world)).toBeUndefined();
  expect(there.asked).toHaveLength(1);
});
