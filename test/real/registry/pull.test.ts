/** Pulling from Debian's docker-registry: names, platforms, logins, TLS, mirrors. */
import { copyFile, mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import type { Remember } from '../../../core/registry/remember.ts';
import { busyboxBase, busyboxMultiBase } from '../../support/bases.ts';
import type { BaseImage } from '../../support/bases/base-image.ts';
import { requirements } from '../../support/needs.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { loginAs } from '../../core/registry/test-world.ts';
import { amd64, clientFor, collect, lines, loginOf, reference, resolve, short } from './registry-for.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'busybox-static',
  'docker-registry',
  'apache2-utils',
  'openssl',
]);

let busybox: BaseImage;
let multi: BaseImage;

suite('pulling', () => {
  let open: TestRegistry;
  beforeAll(async () => {
    busybox = await busyboxBase();
    multi = await busyboxMultiBase();
    open = await startRegistry();
    await busybox.pushTo(open);
    await multi.pushTo(open);
  });
  afterAll(() => open.stop());

  it('resolves an index to the image of a platform, and reads its blobs', async () => {
    await using client = clientFor();
    open.clearRequests();
    const text = `${open.host}/base/busybox-multi`;
    const image = await resolve(client, text, { os: 'linux', architecture: 'arm64' });
    expect(image?.config.platform).toEqual({ os: 'linux', architecture: 'arm64' });
    expect(image?.reference).toBe(text);
    const [layer] = image!.layers;
    expect(layer?.seenIn).toEqual([text]);
    expect(layer?.diffId).toBe(image?.config.diffIds[0]);
    expect(digestOf(await collect(image!.open(layer!.descriptor)))).toBe(layer?.descriptor.digest);
    const tail = await collect(image!.open(layer!.descriptor, layer!.descriptor.size - 100));
    expect(tail.length).toBe(100);
    const { digest } = image!;
    const [, , config, whole, part] = open.requests();
    expect(lines(open).slice(0, 2)).toEqual([
      'GET /v2/base/busybox-multi/manifests/latest 200',
      `GET /v2/base/busybox-multi/manifests/${short(digest)} 200`,
    ]);
    expect([config?.status, whole?.status, part?.status]).toEqual([200, 200, 206]);
  });

  it('costs one request where the rest is remembered', async () => {
    const kept = new Map<string, Uint8Array>();
    const remember: Remember = {
      get: async (digest) => kept.get(digest),
      put: async (digest, bytes) => void kept.set(digest, bytes),
    };
    const text = `${open.host}/base/busybox-multi`;
    const resolveOnce = async () => {
      await using client = clientFor({ remember });
      return (await resolve(client, text))?.digest;
    };
    const first = await resolveOnce();
    expect(kept.size).toBe(3);
    open.clearRequests();
    expect(await resolveOnce()).toBe(first);
    expect(lines(open)).toEqual(['GET /v2/base/busybox-multi/manifests/latest 200']);
    open.clearRequests();
    await using client = clientFor({ remember });
    await client.registry.resolve(text, { ...reference(text), digest: first! }, amd64);
    expect(lines(open)).toEqual([]);
  });

  it('says what is missing: platform, tag, repository, digest', async () => {
    await using client = clientFor();
    const s390x = resolve(client, `${open.host}/base/busybox-multi`, { os: 'linux', architecture: 's390x' });
    await expect(s390x).rejects.toMatchObject({
      code: 'PLATFORM_NOT_OFFERED',
      facts: { wanted: 'linux/s390x', available: ['linux/amd64', 'linux/arm64'] },
    });
    await expect(resolve(client, `${open.host}/base/busybox:latets`)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      hint: 'Did you mean the tag "latest"?',
    });
    await expect(resolve(client, `${open.host}/base/nothing`)).rejects.toMatchObject({
      code: 'REGISTRY_NAME_UNKNOWN',
      facts: { repository: 'base/nothing' },
    });
    const absent = `sha256:${'0'.repeat(64)}`;
    await expect(resolve(client, `${open.host}/base/busybox@${absent}`)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
    expect(await client.registry.manifest(reference(`${open.host}/base/busybox:none`))).toBeUndefined();
    const blob = { mediaType: 'x', digest: digestOf('absent'), size: 6 };
    const read = collect(client.registry.openBlob(`${open.host}/base/busybox`, blob));
    await expect(read).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
    expect(await client.registry.hasBlob(`${open.host}/base/busybox`, blob.digest)).toBe(false);
  });

  it('refuses manifests that are not what was asked for', async () => {
    await using client = clientFor();
    open.intercept(({ path }) =>
      path.includes('/manifests/') ? { status: 200, body: '{"schemaVersion":2,"config":{},"layers":[]}' } : undefined,
    );
    try {
      const byDigest = client.registry.manifest({ ...reference(`${open.host}/x`), digest: digestOf('other') });
      await expect(byDigest).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', facts: { expected: digestOf('other') } });
      const body = '{"schemaVersion":1,"name":"old","fsLayers":[]}';
      open.intercept(() => ({ status: 200, headers: { 'docker-content-digest': digestOf(body) }, body }));
      await expect(resolve(client, `${open.host}/old`)).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' });
      open.intercept(() => ({ status: 200, headers: { 'docker-content-digest': digestOf('else') }, body }));
      await expect(resolve(client, `${open.host}/old`)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    } finally {
      open.intercept(undefined);
    }
  });

  it('logs in with user and password where the registry asks for them', async () => {
    await using registry = await startRegistry({ auth: 'basic' });
    await busybox.pushTo(registry);
    await using client = clientFor({ credentials: [loginOf(registry)] });
    expect((await resolve(client, `${registry.host}/base/busybox`))?.digest).toBe(busybox.descriptor.digest);
    await using nobody = clientFor();
    await expect(resolve(nobody, `${registry.host}/base/busybox`)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      facts: { anonymous: true },
    });
    await using wrong = clientFor({ credentials: [loginAs('alice', 'wrong')] });
    await expect(resolve(wrong, `${registry.host}/base/busybox`)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      facts: { who: 'alice (test-login)' },
    });
  });

  it('asks the token service, anonymously where that is enough, once for many requests', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    await busybox.pushTo(registry);
    await multi.pushTo(registry, 'pub/multi');
    await using nobody = clientFor();
    const image = await resolve(nobody, `${registry.host}/pub/multi`);
    await Promise.all(Array.from({ length: 5 }, () => collect(image!.open(image!.layers[0]!.descriptor))));
    expect(registry.tokens?.requests()).toMatchObject([{ grant: 'anonymous', scopes: ['repository:pub/multi:pull'] }]);
    await expect(resolve(nobody, `${registry.host}/base/busybox`)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      hint: expect.stringContaining('Log in'),
    });
    const login = loginOf(registry);
    await using alice = clientFor({ credentials: [login] });
    expect((await resolve(alice, `${registry.host}/base/busybox`))?.digest).toBe(busybox.descriptor.digest);
    expect(login.asked).toEqual([`${registry.host}/base/busybox pull`]);
  });

  it('trusts its own authority when told to, in each of the ways', async () => {
    await using registry = await startRegistry({ tls: true });
    await busybox.pushTo(registry);
    const { caFile } = registry.authority!;
    const text = `${registry.host}/base/busybox`;
    const told = { registries: new Map([[registry.host, { ca: caFile }]]) };
    await using folder = await tempDir('certs-d');
    await mkdir(folder.at('containers/certs.d', registry.host), { recursive: true });
    await copyFile(caFile, folder.at('containers/certs.d', registry.host, 'ca.crt'));
    const ways = [
      told,
      { env: { XDG_CONFIG_HOME: folder.path, SSL_CERT_FILE: '/nonexistent' } },
      { env: { SSL_CERT_FILE: caFile } },
      { env: { NODE_EXTRA_CA_CERTS: caFile } },
      { insecureRegistries: [registry.host] },
    ];
    for (const way of ways) {
      await using client = clientFor(way);
      expect((await resolve(client, text))?.digest).toBe(busybox.descriptor.digest);
    }
    await using stranger = clientFor();
    await expect(resolve(stranger, text)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      hint: expect.stringContaining('SSL_CERT_FILE'),
    });
  });

  it('speaks plainly with an insecure registry, and securely with what is not listed', async () => {
    await using insecure = clientFor({ insecureRegistries: [open.host] });
    expect((await resolve(insecure, `${open.host}/base/busybox`))?.digest).toBe(busybox.descriptor.digest);
  });

  it('asks a mirror first and the registry itself where the mirror fails', async () => {
    await using origin = await startRegistry();
    await busybox.pushTo(origin);
    await multi.pushTo(origin);
    await using mirror = await startRegistry({ mirrorOf: origin.direct });
    await using client = clientFor({ registries: new Map([[origin.host, { mirrors: [mirror.host] }]]) });
    origin.clearRequests();
    const image = await resolve(client, `${origin.host}/base/busybox`);
    const [layer] = image!.layers;
    expect(digestOf(await collect(image!.open(layer!.descriptor)))).toBe(layer!.descriptor.digest);
    expect(layer?.seenIn).toEqual([`${origin.host}/base/busybox`]);
    expect(lines(origin)).toEqual([]);
    expect(lines(mirror)).toHaveLength(3);
    await mirror.stop();
    expect((await resolve(client, `${origin.host}/base/busybox-multi`))?.config.platform).toEqual(amd64);
  });
});
