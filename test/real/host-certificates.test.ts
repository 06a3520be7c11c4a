/** RUN steps behind a proxy that signs TLS anew. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStrake, type StrakeWorld } from '../support/cli.ts';
import { layoutSource } from '../support/image-source.ts';
import { listingText, readImage } from '../support/images.ts';
import { requirements } from '../support/needs.ts';
import { npmFolder, reachingNpm } from '../support/npm.ts';
import { makeAuthority, type Authority } from '../support/servers/certificates.ts';
import { startSigningProxy, type SigningProxy } from '../support/servers/signing-proxy.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';
import { build, eventsOf, stepsOf, writeFiles } from './e2e/scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'root', 'mounts', 'openssl', 'curl']);

const config = `import { defineConfig } from 'strake';
import { hostCertificates } from 'strake/plugins/host-certificates';
import { nodeRuntime } from 'strake/plugins/node-runtime';

export default defineConfig(({ env }) => ({
  plugins: [nodeRuntime({ programs: ['cat', 'curl', 'env', 'ls', 'mkdir'] }), env.HANDED && hostCertificates()],
}));
`;
const host = 'packages.example';
const curl = `curl -fsS https://${host}/by-curl > /curl.txt`;
const node = `NODE_USE_ENV_PROXY=1 node -e "fetch('https://${host}/by-node').then(async (it) => require('fs').writeFileSync('/node.txt', await it.text()))"`;

suite('behind a proxy that signs TLS anew', () => {
  let directory: TempDir;
  let authority: Authority;
  let proxy: SigningProxy;
  let machine: StrakeWorld;
  beforeAll(async () => {
    directory = await tempDir('signing');
    authority = await makeAuthority(directory.at('authority'));
    proxy = await startSigningProxy(authority, [host]);
    machine = await openStrake();
  });
  afterAll(async () => {
    await machine[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await directory.remove();
  });

  const dockerfile = (...lines: readonly string[]): string => ['FROM node-runtime', ...lines, ''].join('\n');
  const args = () => ['.', '--build-arg', `HTTPS_PROXY=${proxy.url}`, '--build-arg', `https_proxy=${proxy.url}`];
  const handed = () => ({ HANDED: '1', SSL_CERT_FILE: authority.caFile });
  const run = (env: Readonly<Record<string, string>>, ...lines: readonly string[]) =>
    writeFiles(machine.work, { 'build.config.ts': config, Dockerfile: dockerfile(...lines) }).then(() =>
      build(machine, [...args(), '-o', 'type=oci,dest=out,tar=false', '-t', 'latest'], { env }),
    );

  it('commands trust nobody there, as their images know nothing of it', async () => {
    for (const line of [curl, node]) {
      await expect(run({ SSL_CERT_FILE: authority.caFile }, `RUN ${line}`)).rejects.toThrow(
        /certificate|self-signed|fetch failed/,
      );
    }
    expect(proxy.asked.filter((line) => line.startsWith('GET'))).toEqual([]);
  });

  it('commands trust it as this machine does; the layers know nothing of that', async () => {
    await run(handed(), `RUN ${curl}`, `RUN ${node}`, 'RUN ls -a / /run > /listed || true; env > /env');
    expect(proxy.asked.filter((line) => line.startsWith('GET'))).toEqual(['GET /by-curl', 'GET /by-node']);
    const image = await readImage(layoutSource(`${machine.work}/out`));
    const own = image.layers.slice(-3);
    const listed = own.map((layer) => layer.entries.map(({ path }) => path).sort());
    expect(listed).toEqual([['curl.txt'], ['node.txt'], ['env', 'listed']]);
    expect(listingText(image)).not.toMatch(/strake|ca-certificates/);
    expect(JSON.stringify(image.config)).not.toMatch(/ca-certificates|CURL_CA_BUNDLE/);
  });

  it('what was made with it is found by a machine that has another authority, or none', async () => {
    const again = await run({}, `RUN ${curl}`);
    expect(stepsOf(again)).toEqual([`[2/2] RUN ${curl}: cached (asked)`]);
  });

  it('what the image says about certificates stays', async () => {
    const lines = ['ENV CURL_CA_BUNDLE=/nowhere.pem', 'RUN env && ls -l $SSL_CERT_FILE && cat $SSL_CERT_FILE'];
    const result = await run(handed(), ...lines);
    const printed = eventsOf(result)
      .filter(({ type }) => type === 'output')
      .map(({ text = '' }) => text)
      .join('');
    expect(printed).toContain('CURL_CA_BUNDLE=/nowhere.pem');
    expect(printed).toContain('GIT_SSL_CAINFO=/run/strake/ca-certificates.crt');
    expect(printed).toMatch(/-r--r--r-- .*ca-certificates\.crt/);
    expect(printed).toContain('BEGIN CERTIFICATE');
  });

  describe('npm ci', () => {
    const npm = '/usr/lib/node_modules/npm';
    const registry = 'registry.npmjs.org';
    const lock = {
      name: 'app',
      lockfileVersion: 3,
      packages: {
        '': { dependencies: { ms: '2.1.3' } },
        'node_modules/ms': {
          version: '2.1.3',
          resolved: `https://${registry}/ms/-/ms-2.1.3.tgz`,
          integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
        },
      },
    };
    const files = {
      Dockerfile: [
        'FROM node-runtime',
        `COPY --from=npm . ${npm}`,
        'WORKDIR /app',
        'COPY package.json package-lock.json .',
        `RUN node ${npm}/bin/npm-cli.js ci --no-audit --no-fund --no-update-notifier --fetch-retries 0`,
        "RUN node -e \"console.log('a day has', require('ms')('1d'))\"",
        '',
      ].join('\n'),
      'package.json': JSON.stringify({ name: 'app', dependencies: { ms: '2.1.3' } }),
      'package-lock.json': JSON.stringify(lock),
      'build.config.ts': config,
    };
    const install = async (env: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<string> => {
      await using other = await openStrake();
      await writeFiles(other.work, files);
      const { stderr } = await build(other, ['.', '--build-context', `npm=${await npmFolder()}`, ...more], { env });
      return stderr;
    };

    it('works behind the proxy, with nothing in the Dockerfile', async () => {
      await using onwards = await startSigningProxy(authority, [registry], { onwards: true });
      const there = { ...reachingNpm(), HTTPS_PROXY: onwards.url, https_proxy: onwards.url };
      await expect(install(there)).rejects.toThrow(/certificate/i);
      const env = { ...there, ...handed(), NODE_EXTRA_CA_CERTS: authority.caFile };
      expect(await install(env)).toContain('a day has 86400000');
      expect(onwards.asked).toContain('GET /ms/-/ms-2.1.3.tgz');
    });

    it('works on the network that this machine is in', async () => {
      expect(await install({ ...reachingNpm(), HANDED: '1' })).toContain('a day has 86400000');
    });
  });
});
