/** Registries as config and flags describe them: certificates, mirrors, proxies, with the command as people use it. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import type { BaseImage } from '../../support/bases/base-image.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { makeAuthority } from '../../support/servers/certificates.ts';
import { startHttpFaultProxy } from '../../support/servers/http-fault-proxy.ts';
import { startMutualTlsRegistry } from '../../support/servers/mutual-tls-registry.ts';
import { startRegistry } from '../../support/servers/registry.ts';
import { startSquid } from '../../support/servers/squid.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { build, freePort, good, requestLines, writeFiles } from '../e2e/scene.ts';
import { noticesOf } from '../caches/scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'busybox-static',
  'docker-registry',
  'openssl',
  'apache2-utils',
  'squid',
]);

const configOf = (registries: object, more: object = {}): string =>
  `export default ${JSON.stringify({ settings: { registries }, images: { app: more } })};\n`;
const dockerfile = (base: string): string => `FROM ${base}\nCOPY f /f\n`;

suite('a registry', () => {
  let machine: StrakeWorld;
  let busybox: BaseImage;
  beforeAll(async () => {
    busybox = await busyboxBase();
  });
  beforeEach(async () => {
    machine = await openStrake();
  });
  afterEach(async () => {
    await machine.assertClean();
    await machine[Symbol.asyncDispose]();
  });

  /** Writes a context and gives arguments that build it onto the base and push it. */
  async function context(base: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
    await writeFiles(machine.work, { Dockerfile: dockerfile(base), f: 'f', ...files });
    return ['.', '--isolation', 'assemble'];
  }
  const refused = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const result = await machine.strake(['build', ...args, '--progress', 'plain'], { env });
    expect(result.status).not.toBe(0);
    return `${result.status} ${result.stderr}`;
  };

  it('is trusted by its authority, as the config or a flag names it, or unseen; and not without', async () => {
    await using registry = await startRegistry({ tls: true });
    const { host } = registry;
    await busybox.pushTo(registry);
    const args = [...(await context(`${host}/base/busybox`)), '-d', `${host}/team/app:1`];
    expect(await refused(args)).toMatch(/^1 [^]*TLS_UNTRUSTED/);
    await copyFile(registry.authority!.caFile, join(machine.work, 'ca.pem'));
    await build(machine, [...args, '--registry-certificate', `${host}=ca.pem`]);
    await build(machine, [...args, '--skip-tls-verify-registry', host]);
    expect(await refused([...args, '--registry-certificate', `${host}=absent.pem`])).toMatch(
      /^2 [^]*The ca of 127[^]*absent\.pem: it is not there/,
    );
    // Seen from the folder of the config, wherever one stands.
    await writeFiles(machine.work, {
      'build.config.ts': configOf({ [host]: { ca: 'ca.pem' } }, { tags: [`${host}/team/app:2`], push: true }),
      '.git/HEAD': '',
      'deep/x': '',
    });
    await build(machine, ['app', '--isolation', 'assemble'], { cwd: join(machine.work, 'deep') });
    const why = good(await machine.strake(['config', '--why', `settings.registries.${host}.ca`]));
    expect(why.stdout).toContain(`build.config.ts, settings.registries.${host}.ca  ca.pem`);
    const named = ['config', '--why', `settings.registries.${host}.ca`, '--registry-certificate', `${host}=mine.pem`];
    expect(good(await machine.strake(named)).stdout).toMatch(/--registry-certificate +mine\.pem\n$/);
    expect(registry.requests().filter(({ path }) => path.endsWith('/manifests/2'))).toHaveLength(1);
  });

  it('that wants to know who asks is shown the certificate for it', async () => {
    await using directory = await tempDir('mutual');
    const authority = await makeAuthority(directory.at('authority'));
    await using registry = await startMutualTlsRegistry(authority);
    const mine = await authority.issue('builder', 'client');
    const { host } = registry;
    const args = [...(await context('scratch')), '-d', `${host}/team/app:1`];
    const trusted = ['--registry-certificate', `${host}=${authority.caFile}`];
    expect(await refused([...args, ...trusted])).toMatch(/wants a certificate of the client/);
    await build(machine, [...args, ...trusted, '--registry-client-cert', `${host}=${mine.certFile},${mine.keyFile}`]);
    const wrongKey = `${host}=${mine.certFile},${directory.at('authority/ca.key')}`;
    expect(await refused([...args, ...trusted, '--registry-client-cert', wrongKey])).toMatch(/^2 [^]*cannot be used/);
    await writeFiles(machine.work, {
      'build.config.ts': configOf({ [host]: { ca: authority.caFile, cert: mine.certFile, key: mine.keyFile } }),
    });
    await build(machine, args);
  });

  it('has mirrors that are pulled from with their paths, and never pushed to', async () => {
    await using origin = await startRegistry({ auth: 'basic' });
    await using mirror = await startRegistry();
    await busybox.pushTo(mirror, 'copies/base/busybox');
    const auth = Buffer.from('alice:s3cret').toString('base64');
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [origin.host]: { auth } } }) };
    await writeFiles(machine.home, { '.docker/config.json': env.DOCKER_AUTH_CONFIG });
    const args = [...(await context(`${origin.host}/base/busybox`)), '-d', `${origin.host}/team/app:1`];
    const result = await build(machine, [...args, '--registry-map', `${origin.host}=${mirror.host}/copies`]);
    expect(noticesOf(result)).toEqual([]);
    expect(requestLines(origin).filter((line) => line.includes('/base/'))).toEqual([]);
    expect(requestLines(mirror).filter((line) => !line.startsWith('GET'))).toEqual([]);
    expect(mirror.requests().length).toBeGreaterThan(0);
    expect(mirror.requests().flatMap(({ headers }) => headers.authorization ?? [])).toEqual([]);
    expect(requestLines(origin).at(-1)).toBe('PUT /v2/team/app/manifests/1 201');
  });

  it('Docker Hub too, without which nothing is asked where that is wanted', async () => {
    await using mirror = await startRegistry();
    await busybox.pushTo(mirror, 'hub/library/busybox:1');
    const flags = ['--registry-mirror', `${mirror.host}/hub`, '--skip-default-registry-fallback', '-t', 'app'];
    const args = await context('busybox:1');
    expect((await build(machine, [...args, ...flags])).digest).toMatch(/^sha256:/);
    const absent = await context('busybox:2');
    expect(await refused([...absent, ...flags])).toMatch(/MANIFEST_UNKNOWN[^]*busybox:2[^]*"1"/);
  });

  it('whose mirror is down, fails or lies is asked itself, with a notice', async () => {
    await using origin = await startRegistry();
    await busybox.pushTo(origin);
    const liar = (trouble: 'changed answer' | { status: number }) =>
      startHttpFaultProxy({
        port: Number(new URL(origin.direct).port),
        fault: { match: /\/blobs\//, trouble },
      });
    await using lying = await liar('changed answer');
    await using failing = await liar({ status: 500 });
    const nobody = `127.0.0.1:${await freePort()}`;
    const env = { SOURCE_DATE_EPOCH: '0' };
    const output = ['-o', 'type=oci,dest=../a.tar,rewrite-timestamp=true'];
    const args = [...(await context(`${origin.host}/base/busybox`)), ...output];
    const { digest } = await build(machine, args, { env });
    for (const mirror of [nobody, failing.host, lying.host]) {
      await using fresh = await openStrake();
      await writeFiles(fresh.work, { Dockerfile: dockerfile(`${origin.host}/base/busybox`), f: 'f' });
      const result = await build(fresh, [...args, '--registry-map', `${origin.host}=${mirror}`], { env });
      expect(result.digest).toBe(digest);
      const notices = noticesOf(result);
      expect(notices.length, mirror).toBeGreaterThan(0);
      for (const notice of notices) expect(notice).toContain(`MIRROR_FAILED The mirror ${mirror}/base/busybox failed`);
    }
  });

  it('is reached through a proxy that wants a login, unless NO_PROXY names it', async () => {
    await using registry = await startRegistry({ tls: true });
    const port = Number(registry.host.split(':')[1]);
    await using squid = await startSquid({ 'registry.test': '127.0.0.1' });
    const certificate = registry.authority!;
    await copyFile(certificate.caFile, join(machine.work, 'ca.pem'));
    const host = `registry.test:${port}`;
    const args = [...(await context('scratch')), '-d', `${host}/team/app:1`, '--skip-tls-verify-registry', host];
    await build(machine, args, { env: { HTTPS_PROXY: squid.url } });
    expect(new Set(await squid.asked())).toEqual(new Set([`CONNECT ${host} 200`]));
    const nobody = await refused(args, { HTTPS_PROXY: `http://${squid.host}` });
    expect(nobody).toMatch(/PROXY_REFUSED[^]*407/);
    const wrong = await refused(args, { HTTPS_PROXY: `http://carol:wr0ng@${squid.host}` });
    expect(wrong).toMatch(/PROXY_REFUSED/);
    expect(wrong).not.toContain('wr0ng');
    expect(await refused(args, { HTTPS_PROXY: squid.url, NO_PROXY: 'registry.test' })).toMatch(
      /REGISTRY_UNREACHABLE[^]*name is unknown|names cannot be looked up/,
    );
    await using open = await startRegistry();
    const plain = `registry.test:${open.host.split(':')[1]}`;
    const insecure = [...(await context('scratch')), '-d', `${plain}/team/app:1`, '--insecure-registry', plain];
    await build(machine, insecure, { env: { HTTP_PROXY: squid.url, HTTPS_PROXY: squid.url } });
    expect(requestLines(open).at(-1)).toBe('PUT /v2/team/app/manifests/1 201');
  });
});
