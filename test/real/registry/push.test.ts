/** Pushing to Debian's docker-registry: mounts, uploads, what breaks in the middle. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import type { BlobPushSource } from '../../../core/contract/registry.ts';
import type { Descriptor } from '../../../core/oci/image.ts';
import { busyboxBase } from '../../support/bases.ts';
import type { BaseImage } from '../../support/bases/base-image.ts';
import { skopeoCopy } from '../../support/container-tools.ts';
import { registrySource } from '../../support/image-source.ts';
import { readImage } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { clientFor, collect, lines, loginOf, reference, resolve, short, type ClientUnderTest } from './registry-for.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'busybox-static',
  'docker-registry',
  'skopeo',
  'openssl',
  'apache2-utils',
]);

const blobOf = (bytes: Uint8Array): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.length,
});

const sourceOf = (
  bytes: Uint8Array,
  mountFrom: readonly string[] = [],
): BlobPushSource & { opened: number; progress: number[] } => {
  const source = {
    opened: 0,
    progress: [] as number[],
    mountFrom,
    onProgress: (done: number) => void source.progress.push(done),
    async *open() {
      source.opened++;
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    },
  };
  return source;
};

/** Copies an image as an output would: blobs, then the manifest. */
async function copy(client: ClientUnderTest, from: string, to: string): Promise<readonly string[]> {
  const { registry } = client;
  const image = await resolve(client, from);
  const manifest = await registry.manifest(reference(from));
  const { config } = JSON.parse(Buffer.from(manifest!.bytes).toString()) as { config: Descriptor };
  const source = reference(from);
  const blobs = [...image!.layers.map((layer) => layer.descriptor), config];
  const at = reference(to);
  const outcomes = await Promise.all(
    blobs.map((blob) =>
      registry.pushBlob(`${at.registry}/${at.repository}`, blob, {
        mountFrom: [`${source.registry}/${source.repository}`],
        open: () => image!.open(blob),
      }),
    ),
  );
  await registry.putManifest(at, manifest!.descriptor.mediaType, manifest!.bytes);
  return outcomes;
}

suite('pushing', () => {
  let open: TestRegistry;
  let busybox: BaseImage;
  beforeAll(async () => {
    busybox = await busyboxBase();
    open = await startRegistry();
    await busybox.pushTo(open);
  });
  beforeEach(() => open.clearRequests());
  afterAll(() => open.stop());

  it('streams a blob up in one request, once however many ask', async () => {
    await using client = clientFor();
    const bytes = randomBytes(1_000_000);
    const blob = blobOf(bytes);
    const source = sourceOf(bytes);
    const at = `${open.host}/team/app`;
    const push = () => client.registry.pushBlob(at, blob, source);
    expect(await Promise.all([push(), push(), push()])).toEqual(['uploaded', 'present', 'present']);
    expect(lines(open)).toEqual([
      `HEAD /v2/team/app/blobs/${short(blob.digest)} 404`,
      'POST /v2/team/app/blobs/uploads/ 202',
      `PUT /v2/team/app/blobs/uploads/ID?digest=${short(blob.digest)} 201`,
    ]);
    expect(open.traffic().up).toBe(bytes.length);
    expect(source.progress.at(-1)).toBe(bytes.length);
    expect(source.opened).toBe(1);
    open.clearRequests();
    await using later = clientFor();
    expect(await later.registry.pushBlob(at, blob, source)).toBe('present');
    expect(lines(open)).toEqual([`HEAD /v2/team/app/blobs/${short(blob.digest)} 200`]);
    expect(digestOf(await collect(later.registry.openBlob(at, blob)))).toBe(blob.digest);
  });

  it('mounts what the registry has in another repository, and moves no byte', async () => {
    await using client = clientFor();
    const outcomes = await copy(client, `${open.host}/base/busybox`, `${open.host}/team/mounted:1`);
    expect(outcomes).toEqual(['mounted', 'mounted']);
    expect(
      lines(open)
        .filter((line) => line.includes('/blobs/') && !line.startsWith('GET'))
        .sort(),
    ).toMatchObject(
      [
        /^HEAD .* 404$/,
        /^HEAD .* 404$/,
        /^POST .*mounted\/blobs\/uploads\/\?mount=sha256:\w+&from=base\/busybox 201$/,
        /^POST/,
      ].map((line) => expect.stringMatching(line) as unknown),
    );
    // The manifest, by its digest and by its tag.
    expect(open.traffic().up).toBe(2 * busybox.descriptor.size);
    const image = await readImage(registrySource(open, 'team/mounted'), { reference: '1' });
    expect(image.digest).toBe(busybox.descriptor.digest);
  });

  it('tries every source, then uploads into what the last mount began', async () => {
    await using client = clientFor();
    const bytes = randomBytes(1000);
    const blob = blobOf(bytes);
    const mountFrom = [`${open.host}/no/such`, 'elsewhere.example/x', `${open.host}/base/busybox`];
    expect(await client.registry.pushBlob(`${open.host}/team/tried`, blob, sourceOf(bytes, mountFrom))).toBe(
      'uploaded',
    );
    expect(lines(open).map((line) => line.replace(/\/v2\/team\/tried\/blobs/, ''))).toEqual([
      `HEAD /${short(blob.digest)} 404`,
      `POST /uploads/?mount=${short(blob.digest)}&from=no/such 202`,
      expect.stringMatching(/^DELETE .* 204$/),
      `POST /uploads/?mount=${short(blob.digest)}&from=base/busybox 202`,
      `PUT /uploads/ID?digest=${short(blob.digest)} 201`,
    ]);
  });

  it('copies from registry to registry in a stream, and skopeo reads the copy', async () => {
    await using target = await startRegistry();
    await using client = clientFor();
    expect(await copy(client, `${open.host}/base/busybox`, `${target.host}/copy:1`)).toEqual(['uploaded', 'uploaded']);
    await using directory = await tempDir('copy');
    const copied = await skopeoCopy(`docker://${target.host}/copy:1`, `oci:${directory.at('layout')}:1`);
    expect(copied.status).toBe(0);
    expect((await readImage(registrySource(target, 'copy'), { reference: '1' })).digest).toBe(
      busybox.descriptor.digest,
    );
  });

  it('goes on when a token ends in the middle of a push', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    const base = await busybox.pushTo(registry);
    // The registry allows a minute more: such a token lasts four seconds.
    registry.tokens?.setLifetime(-56);
    await using client = clientFor({ credentials: [loginOf(registry)] });
    expect(await copy(client, base.reference, `${registry.host}/team/a:1`)).toEqual(['mounted', 'mounted']);
    const asked = registry.tokens!.requests().length;
    await pause(5500);
    const bytes = randomBytes(300_000);
    const at = `${registry.host}/team/a`;
    expect(await client.registry.pushBlob(at, blobOf(bytes), sourceOf(bytes))).toBe('uploaded');
    expect(registry.tokens!.requests().length).toBeGreaterThan(asked);
    expect(registry.tokens!.requests().flatMap(({ scopes }) => scopes)).toContain('repository:base/busybox:pull');
  }, 30_000);

  it('says who may not push where', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    await using client = clientFor();
    const bytes = randomBytes(10);
    const denied = client.registry.pushBlob(`${registry.host}/pub/x`, blobOf(bytes), sourceOf(bytes));
    await expect(denied).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      facts: { repository: 'pub/x', actions: ['pull', 'push'], who: 'no credentials' },
    });
  });

  it('sends a blob again from its beginning when the connection breaks', async () => {
    await using proxy = await startFaultProxy(open.port, { resetAfter: 2_000_000, direction: 'up', onlyFirst: 2 });
    await using client = clientFor();
    const bytes = randomBytes(5_000_000);
    const source = sourceOf(bytes);
    const at = `${proxy.host}/team/broken`;
    expect(await client.registry.pushBlob(at, blobOf(bytes), source)).toBe('uploaded');
    expect(source.opened).toBeGreaterThan(1);
    expect(digestOf(await collect(client.registry.openBlob(at, blobOf(bytes))))).toBe(blobOf(bytes).digest);
  });

  it('tells the failure of a source as it is, and does not try again', async () => {
    await using client = clientFor();
    const bytes = randomBytes(200_000);
    const short = { ...blobOf(bytes), size: 300_000 };
    const source = sourceOf(bytes);
    await expect(client.registry.pushBlob(`${open.host}/team/short`, short, source)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(source.opened).toBe(1);
    const long = { ...blobOf(bytes), size: 100_000 };
    await expect(client.registry.pushBlob(`${open.host}/team/short`, long, source)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    const other = { ...blobOf(bytes), digest: digestOf('other') };
    await expect(client.registry.pushBlob(`${open.host}/team/short`, other, source)).rejects.toMatchObject({
      code: 'UPLOAD_DAMAGED',
      facts: { diagnostics: [expect.stringContaining('DIGEST_INVALID')] },
    });
  });

  it('tells of uploads that are too large for the registry', async () => {
    await using client = clientFor();
    const bytes = randomBytes(3_000_000);
    open.intercept(({ method }) =>
      method === 'PUT' ? { status: 413, body: '<html>413 Request Entity Too Large</html>' } : undefined,
    );
    try {
      const push = client.registry.pushBlob(`${open.host}/team/large`, blobOf(bytes), sourceOf(bytes));
      await expect(push).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE', facts: { size: 3_000_000 } });
    } finally {
      open.intercept(undefined);
    }
  });

  it('pushes an empty blob', async () => {
    await using client = clientFor();
    const empty = Buffer.alloc(0);
    expect(await client.registry.pushBlob(`${open.host}/team/empty`, blobOf(empty), sourceOf(empty))).toBe('uploaded');
  });

  it('gives a manifest a tag or its digest alone, and checks what the registry made of it', async () => {
    await using client = clientFor();
    const { registry } = client;
    await copy(client, `${open.host}/base/busybox`, `${open.host}/team/named:1`);
    const { bytes, descriptor } = (await registry.manifest(reference(`${open.host}/team/named:1`)))!;
    const place = { registry: open.host, repository: 'team/named' };
    expect(await registry.putManifest({ ...place, digest: descriptor.digest }, descriptor.mediaType, bytes)).toEqual(
      descriptor,
    );
    open.intercept(({ method }) =>
      method === 'PUT' ? { status: 201, headers: { 'docker-content-digest': digestOf('other') } } : undefined,
    );
    try {
      const put = registry.putManifest({ ...place, tag: '2' }, descriptor.mediaType, bytes);
      await expect(put).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' });
    } finally {
      open.intercept(undefined);
    }
  });
});
