/** The registry strake serves, with skopeo, podman and docker's own client as peers. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostPath } from '../../../core/base/brand.ts';
import { digestOf, isDigest } from '../../../core/base/digest.ts';
import { Secret } from '../../../core/base/secret.ts';
import type { Store } from '../../../core/contract/store.ts';
import {
  serveRegistry,
  type ServedRegistry,
  type ServedRequest,
  type ServeOptions,
} from '../../../core/registry/server/serve.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { busyboxBase, busyboxMultiBase } from '../../support/bases.ts';
import type { BaseImage } from '../../support/bases/base-image.ts';
import { podmanRun, skopeoCopy } from '../../support/container-tools.ts';
import { layoutSource, registrySource } from '../../support/image-source.ts';
import { readImage } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { loginAs } from '../../core/registry/test-world.ts';
import { clientFor, collect, reference, resolve } from './registry-for.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'busybox-static', 'skopeo']);
const containers = await requirements(import.meta.url, [
  'root',
  'podman',
  'runc',
  'conmon',
  'skopeo',
  'busybox-static',
]);

interface Served extends ServedRegistry {
  readonly store: Store;
  readonly log: readonly ServedRequest[];
}

/** A served store of a test's own. */
async function served(options: Partial<ServeOptions> = {}): Promise<Served> {
  const directory: TempDir = await tempDir('served');
  const store = await openStore(hostPath(directory.at('store')));
  const log: ServedRequest[] = [];
  const server = await serveRegistry({ store, log: (request) => void log.push(request), ...options });
  const close = async (): Promise<void> => {
    await server.close();
    await directory.remove();
  };
  return { ...server, store, log, close, [Symbol.asyncDispose]: close };
}

const direct = ({ host, url }: ServedRegistry) => ({ host, direct: url });

suite('a served store', () => {
  let busybox: BaseImage;
  let multi: BaseImage;
  let open: Served;
  beforeAll(async () => {
    busybox = await busyboxBase();
    multi = await busyboxMultiBase();
    open = await served({ deletes: true });
  });
  afterAll(() => open.close());

  it('takes what skopeo sends and gives it back the same', async () => {
    const pushed = await skopeoCopy(`oci:${busybox.directory}:latest`, `docker://${open.host}/team/busybox:1`);
    expect(pushed.stderr).toBe('');
    expect((await readImage(registrySource(direct(open), 'team/busybox'), { reference: '1' })).digest).toBe(
      busybox.descriptor.digest,
    );
    expect(await open.store.images.get('team/busybox:1')).toMatchObject({ digest: busybox.descriptor.digest });
    await using directory = await tempDir('back');
    expect(
      (await skopeoCopy(`docker://${open.host}/team/busybox:1`, `oci:${directory.at('layout')}:latest`)).status,
    ).toBe(0);
    expect((await readImage(layoutSource(directory.at('layout')))).digest).toBe(busybox.descriptor.digest);
    expect(open.log.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  it('takes an index with all its images', async () => {
    const pushed = await skopeoCopy(`oci:${multi.directory}:latest`, `docker://${open.host}/team/multi`, { all: true });
    expect(pushed.status).toBe(0);
    await using client = clientFor();
    const image = await resolve(client, `${open.host}/team/multi`, { os: 'linux', architecture: 'arm64' });
    expect(image?.config.platform.architecture).toBe('arm64');
    const [layer] = image!.layers;
    expect(digestOf(await collect(image!.open(layer!.descriptor, 0)))).toBe(layer!.descriptor.digest);
  });

  it('is a registry for our own client: mounts, resumes, tags', async () => {
    await busybox.pushTo(direct(open), 'base/busybox');
    await using client = clientFor();
    const image = await resolve(client, `${open.host}/base/busybox`);
    const [layer] = image!.layers;
    const outcome = client.registry.pushBlob(`${open.host}/other/app`, layer!.descriptor, {
      mountFrom: layer!.seenIn,
      open: () => image!.open(layer!.descriptor),
    });
    // All repositories see all blobs of the store.
    expect(await outcome).toBe('present');
    const bytes = randomBytes(3_000_000);
    const blob = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };
    const source = {
      mountFrom: [],
      async *open() {
        yield bytes;
      },
    };
    expect(await client.registry.pushBlob(`${open.host}/other/app`, blob, source)).toBe('uploaded');
    const tail = await collect(client.registry.openBlob(`${open.host}/other/app`, blob, 2_999_990));
    expect(tail.equals(bytes.subarray(2_999_990))).toBe(true);
    await expect(resolve(client, `${open.host}/base/busybox:ltest`)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      facts: { nearest: 'latest' },
    });
    await expect(resolve(client, `${open.host}/base/none`)).rejects.toMatchObject({ code: 'REGISTRY_NAME_UNKNOWN' });
  });

  it('lists repositories and tags in pages', async () => {
    await using own = await served();
    for (const name of ['a/x:1', 'a/x:2', 'a/x:3', 'b:latest']) await busybox.pushTo(direct(own), name);
    const get = async (path: string) => {
      const response = await fetch(`${own.url}${path}`);
      return { body: await response.json(), link: response.headers.get('link') };
    };
    expect(await get('/v2/_catalog')).toEqual({ body: { repositories: ['a/x', 'b'] }, link: null });
    expect(await get('/v2/a/x/tags/list?n=2')).toEqual({
      body: { name: 'a/x', tags: ['1', '2'] },
      link: '</v2/a/x/tags/list?n=2&last=2>; rel="next"',
    });
    expect(await get('/v2/a/x/tags/list?n=2&last=2')).toEqual({ body: { name: 'a/x', tags: ['3'] }, link: null });
    expect((await get('/v2/none/tags/list')).body).toMatchObject({ errors: [{ code: 'NAME_UNKNOWN' }] });
  });

  it('takes uploads in pieces, in order, and tells how far they are', async () => {
    const bytes = randomBytes(1000);
    const digest = digestOf(bytes);
    const begun = await fetch(`${open.url}/v2/up/blobs/uploads/`, { method: 'POST' });
    expect(begun.status).toBe(202);
    const at = `${open.url}${begun.headers.get('location')}`;
    const patch = (from: number, to: number) =>
      fetch(at, { method: 'PATCH', body: bytes.subarray(from, to), headers: { 'content-range': `${from}-${to - 1}` } });
    expect((await patch(0, 400)).headers.get('range')).toBe('0-399');
    const early = await patch(500, 600);
    expect([early.status, early.headers.get('range')]).toEqual([416, '0-399']);
    expect((await fetch(at)).headers.get('range')).toBe('0-399');
    expect((await patch(400, 900)).status).toBe(202);
    const put = await fetch(`${at}?digest=${digest}`, { method: 'PUT', body: bytes.subarray(900) });
    expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, digest]);
    expect(await open.store.blobs.has(digest)).toBe(true);
    expect((await fetch(at)).status).toBe(404);
    const whole = await fetch(`${open.url}/v2/up/blobs/uploads/?digest=${digestOf('x')}`, {
      method: 'POST',
      body: 'x',
    });
    expect(whole.status).toBe(201);
  });

  it('refuses what is not what it says it is', async () => {
    const refused = async (method: string, path: string, body?: string) => {
      const response = await fetch(`${open.url}/v2/${path}`, { method, ...(body === undefined ? {} : { body }) });
      const { errors } = (await response.json()) as { errors: { code: string }[] };
      return [response.status, errors[0]!.code];
    };
    const wrong = digestOf('right');
    expect(await refused('POST', `up/blobs/uploads/?digest=${wrong}`, 'wrong')).toEqual([400, 'DIGEST_INVALID']);
    expect(await open.store.blobs.has(wrong)).toBe(false);
    expect(await refused('GET', 'up/blobs/sha256:1')).toEqual([400, 'DIGEST_INVALID']);
    expect(await refused('GET', `up/blobs/${wrong}`)).toEqual([404, 'BLOB_UNKNOWN']);
    expect(await refused('GET', 'up/manifests/none')).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect(await refused('GET', 'Up/../../manifests/none')).toEqual([404, 'UNSUPPORTED']);
    expect(await refused('GET', 'UP/manifests/none')).toEqual([400, 'NAME_INVALID']);
    expect(await refused('PUT', 'up/manifests/1', '{"schemaVersion":2}')).toEqual([400, 'MANIFEST_INVALID']);
    expect(await refused('PUT', 'up/manifests/1', 'x'.repeat(5 << 20))).toEqual([413, 'MANIFEST_INVALID']);
    const dangling = JSON.stringify({ schemaVersion: 2, config: { digest: wrong }, layers: [] });
    expect(await refused('PUT', 'up/manifests/1', dangling)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    const both = JSON.stringify({ schemaVersion: 2, config: {}, layers: [], manifests: [] });
    expect(await refused('PUT', 'up/manifests/1', both)).toEqual([400, 'MANIFEST_INVALID']);
    expect(await refused('PUT', `up/manifests/${wrong}`, '{}')).toEqual([400, 'DIGEST_INVALID']);
    expect(await refused('DELETE', `up/blobs/${digestOf('x')}`)).toEqual([405, 'UNSUPPORTED']);
  });

  it('deletes tags only where it may', async () => {
    await busybox.pushTo(direct(open), 'gone:1');
    await busybox.pushTo(direct(open), 'gone:2');
    const remove = (url: string, name: string) => fetch(`${url}/v2/gone/manifests/${name}`, { method: 'DELETE' });
    expect((await remove(open.url, '1')).status).toBe(202);
    expect(await open.store.images.get('gone:1')).toBeUndefined();
    expect(await open.store.images.get('gone:2')).toBeDefined();
    expect((await remove(open.url, busybox.descriptor.digest)).status).toBe(202);
    expect(await open.store.images.get('gone:2')).toBeUndefined();
    await using strict = await served();
    expect((await remove(strict.url, '1')).status).toBe(405);
  });

  it('lets everybody of this machine read, and who has the token write', async () => {
    await using own = await served({ token: new Secret('tok-en') });
    const from = `oci:${busybox.directory}:latest`;
    expect((await skopeoCopy(from, `docker://${own.host}/x`)).status).not.toBe(0);
    expect(
      (await skopeoCopy(from, `docker://${own.host}/x`, { credentials: { username: 'any', password: 'wrong' } }))
        .status,
    ).not.toBe(0);
    const sent = await skopeoCopy(from, `docker://${own.host}/x`, {
      credentials: { username: 'any', password: 'tok-en' },
    });
    expect(sent.stderr).toBe('');
    await using directory = await tempDir('free');
    expect((await skopeoCopy(`docker://${own.host}/x`, `oci:${directory.at('x')}:latest`)).status).toBe(0);
    await using writer = clientFor({ credentials: [loginAs('any', 'tok-en')] });
    const { bytes, descriptor } = (await writer.registry.manifest(reference(`${own.host}/x`)))!;
    await writer.registry.putManifest(reference(`${own.host}/x:2`), descriptor.mediaType, bytes);
    await using nobody = clientFor();
    await expect(
      nobody.registry.putManifest(reference(`${own.host}/x:3`), descriptor.mediaType, bytes),
    ).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  });

  it('brings blobs that lie elsewhere when they are asked for', async () => {
    const bytes = randomBytes(100);
    const away = digestOf(bytes);
    const asked: string[] = [];
    const own: Served = await served({
      fetch: async (digest) => {
        asked.push(digest);
        if (digest !== away) return false;
        await own.store.blobs.write([bytes], { digest, size: bytes.length });
        return true;
      },
    });
    await using _ = own;
    const response = await fetch(`${own.url}/v2/x/blobs/${away}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await fetch(`${own.url}/v2/x/blobs/${digestOf('none')}`)).status).toBe(404);
    expect(asked.every((digest) => isDigest(digest))).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('says when its port is taken', async () => {
    const port = Number(open.host.split(':')[1]);
    await expect(serveRegistry({ store: open.store, port })).rejects.toMatchObject({
      code: 'PORT_NOT_AVAILABLE',
      facts: { reason: 'EADDRINUSE' },
    });
  });
});

containers.suite('a container from a served store', () => {
  it('runs under podman', async () => {
    const busybox = await busyboxBase();
    await using own = await served();
    await busybox.pushTo(direct(own), 'run/busybox');
    const ran = await podmanRun(`docker://${own.host}/run/busybox`, ['/bin/busybox', 'echo', 'hello from the store']);
    expect(ran.stdout.trim()).toBe('hello from the store');
  });
});
