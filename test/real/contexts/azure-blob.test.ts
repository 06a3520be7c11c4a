/** Contexts in Azure Blob Storage, from Azurite; its token services are stand-ins, as no real ones can be had. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextSourceContract, tryPlugin, type FakeWorldOptions } from '../../../core/testing/index.ts';
import { azureContext, type AzureContextOptions } from '../../../plugins/azure-context/index.ts';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { startAzureIdentity, type AzureIdentity } from '../../support/servers/azure-identity.ts';
import { startAzurite, type Azurite } from '../../support/servers/azurite.ts';
import { makeAuthority } from '../../support/servers/certificates.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { startRecordingProxy } from '../../support/servers/recording-proxy.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { dockerfile, expectNoSecrets, largeProject, arrives, project } from './cloud-scene.ts';

const { suite } = await requirements(import.meta.url, ['azurite', 'openssl']);

const hour = (): Date => new Date(Date.now() + 3_600_000);
/** The part of a SAS that is secret. */
const signatureOf = (sas: string): string => /sig=([^&]+)/.exec(sas)![1]!;

suite('Azure Blob Storage', () => {
  let azurite: Azurite;
  let app: Awaited<ReturnType<typeof project>>;
  beforeAll(async () => {
    azurite = await startAzurite();
    app = await project('one');
    await azurite.put('private', 'app/one.tar.gz', app.bytes);
    await azurite.put('public', 'one.tar.gz', app.bytes, 'public');
    await azurite.put('private', 'Dockerfile', Buffer.from('FROM scratch\nLABEL a=b\n'));
  });
  afterAll(() => azurite.stop());

  const world = (env: Readonly<Record<string, string>> = {}): FakeWorldOptions => ({
    network: 'loopback',
    now: new Date(),
    env,
  });
  const connected = (port?: number): FakeWorldOptions =>
    world({ AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString(port) });
  const good = 'azblob://teststore/private/app/one.tar.gz';

  async function build(location: string, from: FakeWorldOptions, options: AzureContextOptions = {}) {
    await using bench = await tryPlugin(azureContext(options), from);
    return await bench.build(location);
  }

  describe.each([
    ['a key', () => ({ good, world: connected(), plugin: azureContext(), secrets: [azurite.key] })],
    [
      'a SAS',
      () => {
        const sas = azurite.sas('private', 'app/one.tar.gz', hour());
        const plugin = azureContext({ endpoint: azurite.url });
        return {
          good: `${azurite.url}/private/app/one.tar.gz?${sas}`,
          world: world(),
          plugin,
          secrets: [sas, signatureOf(sas)],
        };
      },
    ],
  ])('the contract, with %s', (_, subject) => {
    for (const check of contextSourceContract(() => ({
      ...subject(),
      holds: app.image,
      missing: `${azurite.url}/private/nothing`,
    })))
      test(check.name, async () => void (await check.run()));
  });

  describe('builds', () => {
    test('of a Dockerfile alone, a part, a snapshot', async () => {
      const lone = await build('azblob://teststore/private/Dockerfile', connected());
      expect(lone.config.config.labels).toEqual([['a', 'b']]);
      await azurite.put('private', 'versions', app.bytes);
      const snapshot = await azurite.snapshot('private', 'versions');
      const later = await project('later');
      await azurite.put('private', 'versions', later.bytes);
      expect((await build(`azblob://teststore/private/versions?snapshot=${snapshot}`, connected())).files).toEqual(
        app.image,
      );
      expect((await build('azblob://teststore/private/versions', connected())).files).toEqual(later.image);
      await using bench = await tryPlugin(azureContext(), connected());
      const part = await bench.build(`${good}#:sub`, { dockerfileText: dockerfile });
      expect(part.files).toEqual({ '/which': 'one' });
    });

    test('within limits', async () => {
      await expect(build(good, connected(), { limits: { entries: 1 } })).rejects.toMatchObject({
        code: 'ARCHIVE_LIMIT',
      });
    });

    test('of what anybody may read, with no credentials, and asks nobody', async () => {
      const { files } = await build(`${azurite.url}/public/one.tar.gz`, world(), { endpoint: azurite.url });
      expect(files).toEqual(app.image);
    });

    test('with the key or a SAS of a variable of its own', async () => {
      const sas = azurite.sas('private', 'app/one.tar.gz', hour());
      const env = { MY_KEY: azurite.key, MY_SAS: sas };
      for (const named of [{ keyEnv: 'MY_KEY' }, { sasEnv: 'MY_SAS' }])
        expect((await build(good, world(env), { endpoint: azurite.url, ...named })).files).toEqual(app.image);
    });
  });

  describe('an unchanged blob', () => {
    test('is not fetched again, a changed one is', async () => {
      await using proxy = await startRecordingProxy({ upstreamPort: azurite.port });
      await azurite.put('private', 'kept', app.bytes);
      await using bench = await tryPlugin(azureContext(), connected(proxy.port));
      const asked = async () => {
        proxy.clearRequests();
        const { files } = await bench.build('azblob://teststore/private/kept');
        return { files, methods: proxy.requests().map(({ method }) => method) };
      };
      expect(await asked()).toEqual({ files: app.image, methods: ['HEAD', 'GET'] });
      expect(await asked()).toEqual({ files: app.image, methods: ['HEAD'] });
      const other = await project('other');
      await azurite.put('private', 'kept', other.bytes);
      expect(await asked()).toEqual({ files: other.image, methods: ['HEAD', 'GET'] });
    });
  });

  describe('refusals', () => {
    const other = Buffer.from('another key').toString('base64');
    const refused = (location: string, from: FakeWorldOptions, options?: AzureContextOptions) =>
      build(location, from, options).then(
        () => 'built',
        (error: { code: string; message: string; hint?: string }) =>
          `${error.code} ${error.message} ${error.hint ?? ''}`,
      );

    test('a wrong key', async () => {
      const text = await refused(good, world({ AZURE_STORAGE_KEY: other }), { endpoint: azurite.url });
      expect(text).toMatch(/^azure-context\/DENIED .*asked with the key of teststore \(AZURE_STORAGE_KEY\)/);
      expect(text).not.toContain(other);
    });

    test('a SAS that has ended', async () => {
      const sas = azurite.sas('private', 'app/one.tar.gz', new Date(Date.now() - 60_000));
      const text = await refused(`${good}?${sas}`, world(), { endpoint: azurite.url });
      expect(text).toMatch(/^azure-context\/SAS_ENDED .*the SAS was good until 20\d\d-/);
      expect(text).not.toContain(signatureOf(sas));
    });

    test('a SAS for another blob', async () => {
      const sas = azurite.sas('private', 'other', hour());
      expect(await refused(`${good}?${sas}`, world(), { endpoint: azurite.url })).toContain('azure-context/DENIED');
    });

    test('a blob, a container that are not there', async () => {
      expect(await refused('azblob://teststore/private/nothing', connected())).toMatch(
        /^azure-context\/BLOB_MISSING There is no http.*\/private\/nothing/,
      );
      expect(await refused('azblob://teststore/absent/nothing', connected())).toContain(
        'azure-context/CONTAINER_MISSING There is no container "absent"',
      );
    });

    test('nobody, where somebody is wanted', async () => {
      const text = await refused(good, world(), { endpoint: azurite.url });
      expect(text).toMatch(/^azure-context\/DENIED .*asked with no credentials.*AZURE_STORAGE_ACCESS_KEY/s);
    });
  });

  describe('faults', () => {
    let large: Awaited<ReturnType<typeof largeProject>>;
    beforeAll(async () => {
      large = await largeProject();
      await azurite.put('private', 'large', large.bytes);
    });
    const location = 'azblob://teststore/private/large';
    const fetched = (from: FakeWorldOptions): Promise<boolean> =>
      arrives(azureContext(), location, from, large.content);

    test('large blobs come in ranges, each of the same version', async () => {
      await using proxy = await startRecordingProxy({ upstreamPort: azurite.port });
      expect(await fetched(connected(proxy.port))).toBe(true);
      const gets = proxy.requests().filter(({ method }) => method === 'GET');
      expect(gets.map(({ headers }) => headers.range)).toEqual([
        'bytes=0-8388607',
        'bytes=8388608-16777215',
        `bytes=16777216-${large.bytes.length - 1}`,
      ]);
      expect(new Set(gets.map(({ headers }) => headers['if-match'])).size).toBe(1);
    });

    test('a reset is resumed where it happened', async () => {
      await using faulty = await startFaultProxy(azurite.port, { resetAfter: 3 << 20, onlyFirst: 3 });
      expect(await fetched(connected(faulty.port))).toBe(true);
      expect(faulty.connections()).toBeGreaterThan(3);
    });

    test('a byte that was changed on the way is noticed', async () => {
      await using faulty = await startFaultProxy(azurite.port, { corruptAt: 5 << 20 });
      await expect(fetched(connected(faulty.port))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    });

    test('a blob that changes while it is read is read anew', async () => {
      const later = await project('later');
      await using proxy = await startRecordingProxy({ upstreamPort: azurite.port });
      let gets = 0;
      proxy.intercept(async ({ method }) => {
        if (method === 'GET' && ++gets === 2) await azurite.put('private', 'moving', later.bytes);
        return undefined;
      });
      await azurite.put('private', 'moving', large.bytes);
      const { files } = await build('azblob://teststore/private/moving', connected(proxy.port), { parallel: 2 });
      expect(files).toEqual(later.image);
      expect(proxy.requests().map(({ status }) => status)).toContain(412);
    });

    test('a service that is busy for a moment is asked again, one that stays so is told of', async () => {
      await using proxy = await startRecordingProxy({ upstreamPort: azurite.port });
      let left = 2;
      const busy = { status: 503, headers: { 'retry-after': '0', 'x-ms-error-code': 'ServerBusy' } };
      proxy.intercept(() => (left-- > 0 ? busy : undefined));
      expect((await build(good, connected(proxy.port))).files).toEqual(app.image);
      left = Infinity;
      await expect(build(good, connected(proxy.port))).rejects.toMatchObject({
        code: 'azure-context/REFUSED',
        message: expect.stringContaining('status 503 (ServerBusy)') as string,
      });
    });
  });

  describe('identities', () => {
    let secure: Azurite;
    let identity: AzureIdentity;
    let folder: TempDir;
    let ca: string;
    beforeAll(async () => {
      folder = await tempDir('azure-tls');
      const authority = await makeAuthority(folder.at('ca'));
      const { certFile, keyFile } = await authority.issue('azurite', { hosts: ['127.0.0.1'] });
      ca = authority.caFile;
      secure = await startAzurite({ tls: { cert: certFile, key: keyFile } });
      // Microsoft's client trusts what Node trusts.
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      await secure.put('private', 'app', app.bytes);
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      identity = await startAzureIdentity();
    });
    afterAll(async () => {
      await secure.stop();
      await identity.stop();
      await folder.remove();
    });

    test.each<[string, () => Record<string, string>]>([
      ['a service principal', () => ({ AZURE_CLIENT_SECRET: identity.clientSecret, ...principal() })],
      ['a workload', () => ({ AZURE_FEDERATED_TOKEN_FILE: 'token', ...principal() })],
      ['the metadata service', () => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: identity.url })],
      ['App Service', () => ({ IDENTITY_ENDPOINT: `${identity.url}/msi/token`, IDENTITY_HEADER: identity.header })],
    ])('%s is let in', async (_, env) => {
      const from = { ...world({ SSL_CERT_FILE: ca, ...env() }), files: { '/token': identity.assertion } };
      await using bench = await tryPlugin(azureContext({ endpoint: secure.url }), from);
      const { files, events } = await bench.build('azblob://teststore/private/app');
      expect(files).toEqual(app.image);
      expectNoSecrets(
        identity.secrets(),
        [join(bench.world.root, 'store'), join(bench.world.root, 'temp')],
        JSON.stringify(events),
      );
    });

    const principal = () => ({
      AZURE_TENANT_ID: identity.tenant,
      AZURE_CLIENT_ID: identity.clientId,
      AZURE_AUTHORITY_HOST: identity.url,
    });
  });

  describe('the command', () => {
    test('builds, takes what is kept, says what is wrong, and tells no secret', async () => {
      await using strake = await openStrake();
      const env = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString() };
      const args = ['build', good, '--progress', 'plain', '--output', 'type=local,dest=out'];
      const first = await strake.strake(args, { env });
      expect(first).toMatchObject({ status: 0 });
      expect(readFileSync(join(strake.work, 'out/sub/which'), 'utf8')).toBe('one');
      const second = await strake.strake([...args.slice(0, 2), '--progress', 'json'], { env });
      expect(second.status).toBe(0);
      const said = [first, second].flatMap(({ stdout, stderr }) => [stdout, stderr]);
      expectNoSecrets([azurite.key], [strake.store, strake.temp, strake.work], ...said);
      const failed = await strake.strake(['build', 'azblob://teststore/private/nothing'], { env });
      expect(failed.status).toBe(2);
      expect(failed.stderr).toContain('The blob does not exist');
      expect(failed.stderr).toContain('case-sensitive');
      await strake.assertClean();
    });

    test('builds from a config, with a SAS in the location and one in the environment', async () => {
      await using strake = await openStrake();
      const sas = azurite.sas('private', 'app/one.tar.gz', hour());
      const at = `${azurite.url}/private/app/one.tar.gz`;
      await mkdir(join(strake.work, '.git'));
      // Written down, a SAS would be where all that was compiled is kept.
      const config = [
        `import { azureContext } from 'strake/plugins/azure-context';`,
        `export default ({ env }) => ({ plugins: [azureContext({ endpoint: ${JSON.stringify(azurite.url)} })],`,
        `  images: { app: { context: env.CONTEXT, outputs: ['type=local,dest=out'] } } });`,
      ].join('\n');
      await writeFile(join(strake.work, 'build.config.ts'), config);
      const said: string[] = [];
      for (const env of [{ CONTEXT: at, AZURE_STORAGE_SAS_TOKEN: sas }, { CONTEXT: `${at}?${sas}` }]) {
        const built = await strake.strake(['build', '--progress', 'plain'], { env });
        expect(built).toMatchObject({ status: 0 });
        expect(readFileSync(join(strake.work, 'out/sub/which'), 'utf8')).toBe('one');
        said.push(built.stdout, built.stderr);
      }
      const planned = await strake.strake(['plan'], { env: { CONTEXT: `${at}?${sas}` } });
      expect(planned.stdout).toContain(at);
      said.push(planned.stdout, planned.stderr);
      expectNoSecrets([signatureOf(sas)], [strake.store, strake.temp, strake.work], ...said);
      await strake.assertClean();
    });
  });
});
