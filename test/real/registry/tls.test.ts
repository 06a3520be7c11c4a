/** Certificates of servers and clients, below the registry protocol. */
import { once } from 'node:events';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tlsFromCertsD } from '../../../core/registry/certs-d.ts';
import { createHttp } from '../../../core/registry/http.ts';
import { requirements } from '../../support/needs.ts';
import { makeAuthority, readCertificate, type Authority } from '../../support/servers/certificates.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'openssl']);

suite('a server that wants to know who asks', () => {
  let directory: TempDir;
  let authority: Authority;
  let ca: string;
  beforeAll(async () => {
    directory = await tempDir('mutual-tls');
    authority = await makeAuthority(directory.at('authority'));
    ca = await readFile(authority.caFile, 'utf8');
  });
  afterAll(() => directory.remove());

  /** Answers with the name in the client's certificate, or redirects. */
  async function server(hosts: readonly string[], redirectTo?: string, isExpired = false) {
    const files = await authority.issue(`server-${Math.random()}`, { hosts });
    if (isExpired) await authority.expire(files);
    const certificate = await readCertificate(files);
    const https = createServer(
      { ...certificate, ca, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const peer = (request.socket as TLSSocket).getPeerCertificate();
        if (redirectTo !== undefined) response.writeHead(307, { location: redirectTo });
        response.end(String(peer.subject?.CN ?? 'nobody'));
      },
    );
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const { port } = https.address() as AddressInfo;
    return {
      url: new URL(`https://127.0.0.1:${port}/`),
      async [Symbol.asyncDispose]() {
        https.closeAllConnections();
        await new Promise((resolve) => https.close(resolve));
      },
    };
  }

  it('is shown the client’s certificate from certs.d, and others are not', async () => {
    await using http = createHttp({ env: { SSL_CERT_FILE: '/nonexistent' } });
    await using other = await server(['127.0.0.1']);
    await using asked = await server(['127.0.0.1']);
    await using leading = await server(['127.0.0.1'], other.url.href);
    const folder = directory.at('config/containers/certs.d', asked.url.host);
    await mkdir(folder, { recursive: true });
    const mine = await authority.issue('builder', 'client');
    await rename(mine.certFile, `${folder}/client.cert`);
    await rename(mine.keyFile, `${folder}/client.key`);
    const tls = await tlsFromCertsD(asked.url.host, {
      env: { XDG_CONFIG_HOME: directory.at('config') },
      home: directory.path as never,
    });
    expect(tls?.ca).toBeUndefined();
    const ask = async (url: URL) => (await http.request({ method: 'GET', url, tls: { ...tls, ca } })).text();
    expect(await ask(asked.url)).toBe('builder');
    expect(await ask(leading.url)).toBe('nobody');
  });

  it('is not believed under another name, and an expired or foreign certificate is named', async () => {
    await using http = createHttp({ env: { SSL_CERT_FILE: '/nonexistent' } });
    await using misnamed = await server(['other.example']);
    const ask = (url: URL, more: object = {}) => http.request({ method: 'GET', url, tls: { ca, ...more } });
    await expect(ask(misnamed.url)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('another name'),
    });
    expect(await (await ask(misnamed.url, { insecure: true })).text()).toBe('nobody');
    await using stranger = await server(['127.0.0.1']);
    await expect(http.request({ method: 'GET', url: stranger.url })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      facts: { ownCa: false },
    });
    await using expired = await server(['127.0.0.1'], undefined, true);
    await expect(ask(expired.url)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('has expired'),
    });
  });

  it('is believed for what the machine trusts, whatever authority is named besides', async () => {
    await using http = createHttp({ env: { SSL_CERT_FILE: authority.caFile } });
    await using known = await server(['127.0.0.1']);
    const other = await makeAuthority(directory.at('other'));
    const tls = { ca: await readFile(other.caFile, 'utf8') };
    expect(await (await http.request({ method: 'GET', url: known.url, tls })).text()).toBe('nobody');
  });

  it('is told apart from one that speaks no TLS at all', async () => {
    await using http = createHttp({ env: { SSL_CERT_FILE: '/nonexistent' } });
    const plain = (await import('node:http')).createServer((_, response) => void response.end());
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const url = new URL(`https://127.0.0.1:${(plain.address() as AddressInfo).port}/`);
    try {
      await expect(http.request({ method: 'GET', url })).rejects.toMatchObject({
        code: 'TLS_FAILED',
        message: expect.stringContaining('does not speak TLS'),
      });
    } finally {
      plain.close();
    }
  });

  it('never makes a path of a name', async () => {
    const world = { env: { XDG_CONFIG_HOME: directory.path }, home: directory.path as never };
    const certificates = directory.at('containers/certs.d');
    const wrong = ['../../etc', '..', 'a/b'];
    for (const name of ['a', ...wrong]) {
      await mkdir(join(certificates, name), { recursive: true });
      await writeFile(join(certificates, name, 'there.crt'), 'there');
    }
    expect(await tlsFromCertsD('a', world)).toEqual({ ca: 'there' });
    for (const name of wrong) expect(await tlsFromCertsD(name, world)).toBeUndefined();
  });
});
