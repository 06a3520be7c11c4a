/** Registries behind a proxy; with it, Docker Hub's names without Docker Hub. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import { mediaTypes } from '../../../core/oci/media-types.ts';
import { requirements } from '../../support/needs.ts';
import { makeAuthority, readCertificate, type Authority } from '../../support/servers/certificates.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { scriptedServer, type Script } from '../../core/registry/scripted-server.ts';
import { loginAs } from '../../core/registry/test-world.ts';
import { clientFor, reference, resolve } from './registry-for.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'openssl']);

/** Leads every tunnel to one port, whatever name it is for. */
async function tunnelProxy(port: number, login?: string) {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const server = createServer();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    open.add(client);
    client.on('error', () => {});
    asked.push(request.url ?? '');
    const given = request.headers['proxy-authorization'];
    if (login !== undefined && given !== `Basic ${Buffer.from(login).toString('base64')}`) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const target = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
    client.pipe(target).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const config = JSON.stringify({
  os: 'linux',
  architecture: 'amd64',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
});
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.manifest,
  config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
  layers: [],
});

/** Answers as Docker Hub does: a token service of another name, one image. */
const hub: Script = ({ path, method, headers }, response) => {
  if (headers.host === 'auth.docker.io') return void response.end(JSON.stringify({ token: 'tok', expires_in: 300 }));
  if (headers.authorization !== 'Bearer tok') {
    const challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
    return void response.writeHead(401, { 'www-authenticate': challenge }).end();
  }
  const body = path.includes('/blobs/') ? config : manifest;
  response.writeHead(200, { 'docker-content-digest': digestOf(body), 'content-type': mediaTypes.manifest });
  response.end(method === 'HEAD' ? undefined : body);
};

suite('behind a proxy', () => {
  let directory: TempDir;
  let authority: Authority;
  let env: Record<string, string>;
  let certificate: { cert: string; key: string };
  beforeAll(async () => {
    directory = await tempDir('proxy');
    authority = await makeAuthority(directory.at('authority'));
    const hosts = ['registry-1.docker.io', 'auth.docker.io'];
    certificate = await readCertificate(await authority.issue('hub', { hosts }));
    env = { SSL_CERT_FILE: authority.caFile };
    expect(await readFile(authority.caFile, 'utf8')).toContain('BEGIN');
  });
  afterAll(() => directory.remove());

  it('finds an official image of Docker Hub under its long name, with a HEAD that counts as no pull', async () => {
    await using server = await scriptedServer(hub, certificate);
    await using proxy = await tunnelProxy(Number(server.url.port), 'me:pass');
    const kept = new Map<string, Uint8Array>();
    const remember = {
      get: async (digest: string) => kept.get(digest),
      put: async (digest: string, bytes: Uint8Array) => void kept.set(digest, bytes),
    };
    const login = loginAs('alice', 's3cret');
    const options = { env: { ...env, HTTPS_PROXY: `http://me:pass@${proxy.host}` }, remember, credentials: [login] };
    await using client = clientFor(options);
    const image = await resolve(client, 'debian:12');
    expect(image?.digest).toBe(digestOf(manifest));
    expect(new Set(proxy.asked)).toEqual(new Set(['registry-1.docker.io:443', 'auth.docker.io:443']));
    expect(login.asked).toEqual(['docker.io/library/debian pull']);
    expect(server.lines()).toEqual([
      'HEAD /v2/library/debian/manifests/12',
      'GET /token?service=registry.docker.io&scope=repository%3Alibrary%2Fdebian%3Apull&account=alice',
      'HEAD /v2/library/debian/manifests/12',
      `GET /v2/library/debian/manifests/${digestOf(manifest)}`,
      `GET /v2/library/debian/blobs/${digestOf(config)}`,
    ]);
    await using later = clientFor(options);
    await later.registry.resolve('debian:12', reference('debian:12'), { os: 'linux', architecture: 'amd64' });
    expect(server.lines().slice(7)).toEqual(['HEAD /v2/library/debian/manifests/12']);
  });

  it('says that the proxy wants a login, and shows none', async () => {
    await using server = await scriptedServer(hub, certificate);
    await using proxy = await tunnelProxy(Number(server.url.port), 'me:pass');
    await using client = clientFor({ env: { ...env, HTTPS_PROXY: `http://me:wrong@${proxy.host}` } });
    const failure = resolve(client, 'debian:12');
    await expect(failure).rejects.toMatchObject({ code: 'PROXY_REFUSED', facts: { status: 407, proxy: proxy.host } });
    await expect(failure).rejects.not.toThrow('wrong');
  });

  it('says through which proxy a registry could not be reached', async () => {
    await using client = clientFor({ env: { ...env, HTTPS_PROXY: 'http://127.0.0.1:1' } });
    await expect(resolve(client, 'debian:12')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('through the proxy 127.0.0.1:1'),
    });
  });
});
