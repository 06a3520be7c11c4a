/** The test servers themselves. */
import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../support/bases.ts';
import type { BaseImage } from '../support/bases/base-image.ts';
import { exists } from '../support/cache.ts';
import { skopeoCopy } from '../support/container-tools.ts';
import { registrySource } from '../support/image-source.ts';
import { readImage } from '../support/images.ts';
import { requirements } from '../support/needs.ts';
import { tryRun } from '../support/process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startFaultProxy, type FaultRule } from '../support/servers/fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../support/servers/registry.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'busybox-static',
  'curl',
  'docker-registry',
  'skopeo',
  'apache2-utils',
  'openssl',
]);

const skopeoPull = async (
  registry: TestRegistry,
  name: string,
  more: Parameters<typeof skopeoCopy>[2] = {},
): Promise<number | null> =>
  (await skopeoCopy(`docker://${registry.host}/${name}`, `docker://${registry.host}/${name}:copy`, more)).status;

let busybox: BaseImage;

suite('a registry', () => {
  beforeAll(async () => {
    busybox = await busyboxBase();
  });

  it('takes a base image and records what clients ask', async () => {
    await using registry = await startRegistry();
    const pushed = await busybox.pushTo(registry);
    expect(pushed).toEqual({ reference: `${registry.host}/base/busybox:latest`, digest: busybox.descriptor.digest });
    expect(registry.requests()).toEqual([]);
    const image = await readImage(registrySource(registry, 'base/busybox'));
    expect(image.digest).toBe(busybox.descriptor.digest);
    const blob = image.manifest.layers[0]!;
    const answer = await fetch(`${registry.url}/v2/base/busybox/blobs/${blob.digest}`);
    expect((await answer.arrayBuffer()).byteLength).toBe(blob.size);
    const request = {
      method: 'GET',
      path: `/v2/base/busybox/blobs/${blob.digest}`,
      status: 200,
      up: 0,
      down: blob.size,
    };
    expect(registry.requests()).toMatchObject([request]);
    expect(registry.traffic()).toEqual({ up: 0, down: blob.size });
    registry.clearRequests();
    expect(registry.requests()).toEqual([]);
  });

  it('counts what is sent to it, and keeps it byte for byte', async () => {
    await using registry = await startRegistry();
    expect((await skopeoCopy(`oci:${busybox.directory}:latest`, `docker://${registry.host}/sent`)).status).toBe(0);
    const image = await readImage(registrySource(registry, 'sent'));
    expect(image.digest).toBe(busybox.descriptor.digest);
    const sent = [...image.manifest.layers, image.manifest.config].reduce(
      (sum, blob) => sum + blob.size,
      busybox.descriptor.size,
    );
    expect(registry.traffic().up).toBe(sent);
    expect(registry.requests().map((request) => request.status)).not.toContain(0);
  });

  it('can be made to answer as we like', async () => {
    await using registry = await startRegistry();
    registry.intercept(({ path }) =>
      path.endsWith('/v2/') ? { status: 429, headers: { 'retry-after': '7' }, body: 'slow' } : undefined,
    );
    const refused = await fetch(`${registry.url}/v2/`);
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([429, '7', 'slow']);
    expect((await fetch(`${registry.url}/v2/_catalog`)).status).toBe(200);
    registry.intercept(undefined);
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(200);
    expect(registry.requests().map((request) => request.status)).toEqual([429, 200, 200]);
  });

  it('is gone when it is stopped', async () => {
    const registry = await startRegistry();
    await registry.stop();
    expect(await exists(registry.storage)).toBe(false);
    await expect(fetch(`${registry.direct}/v2/`)).rejects.toThrow();
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow();
  });
});

suite('a registry that asks who is there', () => {
  it('knows users and passwords', async () => {
    await using registry = await startRegistry({ auth: 'basic' });
    await busybox.pushTo(registry);
    const denied = await fetch(`${registry.url}/v2/`);
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="test"']);
    expect(await skopeoPull(registry, 'base/busybox')).not.toBe(0);
    expect(
      await skopeoPull(registry, 'base/busybox', { credentials: { username: 'alice', password: 'wrong' } }),
    ).not.toBe(0);
    expect(await skopeoPull(registry, 'base/busybox', { credentials: registry.credentials! })).toBe(0);
  });

  it('knows tokens, and what each may do', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    const tokens = registry.tokens!;
    for (const name of ['pub/busybox', 'priv/busybox']) await busybox.pushTo(registry, name);
    await using results = await tempDir('tokens');
    const pull = async (name: string, credentials?: { username: string; password: string }): Promise<number | null> => {
      const to = `oci:${results.at(String(performance.now()))}:latest`;
      return (
        await skopeoCopy(
          `docker://${registry.host}/${name}/busybox`,
          to,
          credentials === undefined ? {} : { credentials },
        )
      ).status;
    };
    const alice = registry.credentials!;
    const bob = { username: 'bob', password: 'pull0nly' };
    expect([await pull('pub'), await pull('priv'), await pull('priv', bob), await pull('priv', alice)]).toEqual([
      0, 1, 0, 0,
    ]);
    expect(await skopeoPull(registry, 'pub/busybox', { credentials: bob })).toBe(1);
    expect(await skopeoPull(registry, 'priv/busybox', { credentials: alice })).toBe(0);
    expect(tokens.requests().map((request) => request.user)).toEqual(
      expect.arrayContaining([undefined, 'bob', 'alice']),
    );
    tokens.setLifetime(-120);
    expect(await pull('priv', alice)).toBe(1);
  });

  it('speaks TLS, in both versions of HTTP', async () => {
    await using registry = await startRegistry({ tls: true });
    await busybox.pushTo(registry);
    const { certDir, caFile } = registry.authority!;
    expect(await skopeoPull(registry, 'base/busybox', { certDir })).toBe(0);
    expect((await tryRun(['curl', '-s', `${registry.url}/v2/`])).status).toBe(60);
    for (const version of ['--http1.1', '--http2']) {
      expect((await tryRun(['curl', '-s', version, '--cacert', caFile, `${registry.url}/v2/`])).stdout).toBe('{}');
    }
    expect(new Set(registry.requests().map((request) => request.httpVersion))).toEqual(new Set(['1.1', '2.0']));
  });

  it('mirrors another one', async () => {
    await using upstream = await startRegistry();
    await busybox.pushTo(upstream);
    await using mirror = await startRegistry({ mirrorOf: upstream.url });
    const image = await readImage(registrySource(mirror, 'base/busybox'));
    expect(image.digest).toBe(busybox.descriptor.digest);
    expect(upstream.requests().some((request) => request.path.includes('/blobs/'))).toBe(true);
  });
});

suite('a proxy with faults', () => {
  const size = 300_000;
  const sent = Buffer.alloc(size, 'x');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(sent));
  });
  let port = 0;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server.close());

  /** What a client gets through the proxy, how it ended, and after how many milliseconds. */
  const fetchThrough = async (
    through: number,
    patience = 5000,
  ): Promise<{ bytes: Buffer; end: string; after: number }> => {
    const begin = performance.now();
    const socket = connect(through, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write('please');
    const end = await new Promise<string>((resolve) => {
      socket.once('end', () => resolve('end'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      setTimeout(() => resolve('timeout'), patience).unref();
    });
    socket.destroy();
    return { bytes: Buffer.concat(chunks), end, after: performance.now() - begin };
  };
  const through = async (rule: FaultRule, patience?: number): ReturnType<typeof fetchThrough> => {
    await using proxy = await startFaultProxy(port, rule);
    return await fetchThrough(proxy.port, patience);
  };

  it('passes everything through without a rule', async () => {
    expect(await through({})).toMatchObject({ bytes: sent, end: 'end' });
  });

  it('refuses, for good or for a while', async () => {
    expect(await through({ refuse: true })).toMatchObject({ bytes: Buffer.alloc(0), end: 'ECONNRESET' });
    await using proxy = await startFaultProxy(port, { failFirst: 2 });
    const ends = [await fetchThrough(proxy.port), await fetchThrough(proxy.port), await fetchThrough(proxy.port)].map(
      ({ end }) => end,
    );
    expect(ends).toEqual(['ECONNRESET', 'ECONNRESET', 'end']);
    expect(proxy.connections()).toBe(3);
    proxy.setRule({ failFirst: 1 });
    expect((await fetchThrough(proxy.port)).end).toBe('ECONNRESET');
  });

  it('breaks off, stalls and corrupts at the byte it was told', async () => {
    expect(await through({ resetAfter: 100_000 })).toMatchObject({
      bytes: sent.subarray(0, 100_000),
      end: 'ECONNRESET',
    });
    expect(await through({ stallAfter: 70_000 }, 300)).toMatchObject({
      bytes: sent.subarray(0, 70_000),
      end: 'timeout',
    });
    const corrupted = await through({ corruptAt: 123_456 });
    const wrong = [...corrupted.bytes.entries()].filter(([at, byte]) => byte !== sent[at]);
    expect([corrupted.bytes.length, wrong]).toEqual([size, [[123_456, 'x'.charCodeAt(0) ^ 0xff]]]);
  });

  it('is slow when it should be', async () => {
    const slow = await through({ rate: 600_000 });
    expect(slow.bytes.length).toBe(size);
    expect(slow.after).toBeGreaterThan(450);
    expect((await through({ delayMs: 100 })).after).toBeGreaterThan(95);
  });

  it('can treat what goes up, and only the first connections', async () => {
    expect(await through({ direction: 'up', resetAfter: 3 })).toMatchObject({ end: 'ECONNRESET' });
    await using proxy = await startFaultProxy(port, { resetAfter: 10, onlyFirst: 1 });
    expect([(await fetchThrough(proxy.port)).end, (await fetchThrough(proxy.port)).end]).toEqual(['ECONNRESET', 'end']);
  });

  it('makes the reader of images complain', async () => {
    await using registry = await startRegistry();
    await busybox.pushTo(registry);
    const target = (proxied: number): { direct: string; host: string } => ({
      direct: `http://127.0.0.1:${proxied}`,
      host: '',
    });
    const readThrough = async (rule: FaultRule): Promise<string> => {
      await using proxy = await startFaultProxy(registry.port, rule);
      const reading = readImage(registrySource(target(proxy.port), 'base/busybox'));
      return await reading.then(
        (image) => image.digest,
        (error: unknown) => String(error),
      );
    };
    expect(await readThrough({})).toBe(busybox.descriptor.digest);
    expect(await readThrough({ corruptAt: 600_000 })).toMatch(/^Error: /);
  });
});
