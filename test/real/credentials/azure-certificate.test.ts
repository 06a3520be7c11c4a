/** A service principal with a certificate, made by openssl; the token endpoint is a fake. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { azureCredentials } from '../../../plugins/azure-credentials/index.ts';
import { ask } from '../../plugins/credentials/ask.ts';
import { elsewhere } from '../../plugins/credentials/elsewhere.ts';
import { fakeEntra, fakeExchange, jwtUntil } from '../../plugins/credentials/fake-azure.ts';
import { requirements } from '../../support/needs.ts';
import { makeSigner } from '../../support/servers/certificates.ts';
import { tempDir } from '../../support/temp-dir.ts';

const { suite } = await requirements(import.meta.url, ['openssl']);

suite('a principal with a certificate', () => {
  it('proves itself by an assertion that its key has signed', async () => {
    await using directory = await tempDir('azure-certificate');
    const { certFile, keyFile } = await makeSigner(directory.path, 'principal');
    const certificate = await readFile(certFile, 'utf8');
    const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_CERTIFICATE_PATH: 'both.pem' };
    const registry = 'contoso.azurecr.io';
    const resources = ['https://containerregistry.azure.net'];
    const refresh = jwtUntil(Date.parse('2024-01-02') / 1000);
    const hosts = {
      'https://login.microsoftonline.com': fakeEntra({ tenant: 't', client: 'c', certificate, resources }),
      [`https://${registry}`]: fakeExchange(registry, resources, refresh),
    };
    const pem = (await readFile(keyFile, 'utf8')) + certificate;
    await using there = await elsewhere(hosts, { env, files: { '/both.pem': pem } });
    expect(await ask(azureCredentials(), registry, there.world)).toBe(`refresh ${refresh}`);
    await using broken = await elsewhere({}, { env, files: { '/both.pem': certificate } });
    await expect(ask(azureCredentials(), registry, broken.world)).rejects.toMatchObject({
      code: 'azure/FILE_UNREADABLE',
    });
  });
});
