import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, Secret, type OutputSpec } from '../../core/index.ts';
import { fakeRegistry, tryPlugin, type FakeRegistry, type PluginBench } from '../../core/testing/index.ts';
import { registryPlugin } from '../../plugins/registry/index.ts';

let registry: FakeRegistry;

beforeEach(async () => {
  registry = await fakeRegistry();
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
});

const send = (method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(new URL(path, registry.url), {
    method,
    headers,
    ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
  });
const octets = { 'content-type': 'application/octet-stream' };

async function begin(repository = 'app'): Promise<string> {
  const response = await send('POST', `/v2/${repository}/blobs/uploads/`);
  expect(response.status).toBe(202);
  return response.headers.get('location')!;
}
const withDigest = (location: string, digest: string): string => `${location}&digest=${encodeURIComponent(digest)}`;

async function upload(content: string, repository = 'app'): Promise<string> {
  const digest = digestOf(content);
  const response = await send('PUT', withDigest(await begin(repository), digest), content, octets);
  expect(response.status).toBe(201);
  return digest;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const manifestOf = (config: string, size: number): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size },
    layers: [],
  });
const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${((await response.json()) as { errors: { code: string }[] }).errors[0]!.code}`;

describe('what the specification rejects is rejected', () => {
  test('a blob whose digest is another', async () => {
    expect(await codeOf(await send('PUT', withDigest(await begin(), digestOf('other')), 'content', octets))).toBe(
      '400 DIGEST_INVALID',
    );
    expect(registry.repositories.get('app')?.blobs.size ?? 0).toBe(0);
  });

  test('a name that is none', async () => {
    expect(await codeOf(await send('POST', '/v2/App/blobs/uploads/'))).toBe('400 NAME_INVALID');
  });

  test('an upload that nobody began, or not here', async () => {
    expect(await codeOf(await send('PATCH', '/v2/app/blobs/uploads/nothing', 'x', octets))).toBe(
      '404 BLOB_UPLOAD_UNKNOWN',
    );
    const elsewhere = (await begin('app')).replace('/app/', '/other/');
    expect(await codeOf(await send('PATCH', elsewhere, 'x', octets))).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });

  test('a place that is not the one of the last answer', async () => {
    const first = await begin();
    const second = (await send('PATCH', first, 'ab', octets)).headers.get('location')!;
    expect(await codeOf(await send('PATCH', first, 'cd', octets))).toBe('404 BLOB_UPLOAD_UNKNOWN');
    expect((await send('PUT', withDigest(second, digestOf('abcd')), 'cd', octets)).status).toBe(201);
  });

  test('chunks out of order or of another length', async () => {
    const location = await begin();
    const response = await send('PATCH', location, 'cd', { ...octets, 'content-range': '2-3' });
    expect([response.status, response.headers.get('range')]).toEqual([416, '0-0']);
    expect(await codeOf(await send('PATCH', location, 'cd', { ...octets, 'content-range': '0-5' }))).toBe(
      '400 SIZE_INVALID',
    );
  });

  test('a manifest whose blobs are missing, also where another repository has them', async () => {
    const config = await upload('{}', 'other');
    const body = manifestOf(config, 2);
    const put = () => send('PUT', '/v2/app/manifests/1', body, { 'content-type': manifestType });
    expect(await codeOf(await put())).toBe('400 MANIFEST_BLOB_UNKNOWN');
    expect((await send('POST', `/v2/app/blobs/uploads/?mount=${config}&from=other`)).status).toBe(201);
    expect((await put()).status).toBe(201);
    expect((await send('GET', '/v2/app/manifests/1')).headers.get('docker-content-digest')).toBe(digestOf(body));
  });

  test.each([
    ['a size that is another', (config: string) => manifestOf(config, 3), manifestType],
    ['a type that is another', (config: string) => manifestOf(config, 2), 'application/vnd.oci.image.index.v1+json'],
    ['no JSON', () => 'manifest', manifestType],
    [
      'an older schema',
      (config: string) => manifestOf(config, 2).replace('"schemaVersion":2', '"schemaVersion":1'),
      manifestType,
    ],
  ])('a manifest with %s', async (_, body, type) => {
    const config = await upload('{}');
    expect(await codeOf(await send('PUT', '/v2/app/manifests/1', body(config), { 'content-type': type }))).toBe(
      '400 MANIFEST_INVALID',
    );
  });

  test('a manifest under a digest that is not its own', async () => {
    const body = manifestOf(await upload('{}'), 2);
    const at = `/v2/app/manifests/${digestOf('other')}`;
    expect(await codeOf(await send('PUT', at, body, { 'content-type': manifestType }))).toBe('400 DIGEST_INVALID');
  });
});

const spec = (names: readonly string[]): OutputSpec => ({
  type: 'registry',
  names,
  forceCompression: false,
  rewriteTimestamp: false,
  options: [],
});
const open = (): Promise<PluginBench> =>
  tryPlugin(registryPlugin(), { network: 'loopback', settings: { insecureRegistries: [registry.host] } });
const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' };

describe('the registry plugin with it', () => {
  test('pushes by its rules; what is there has the files', async () => {
    await using bench = await open();
    const name = `${registry.host}/team/app:1`;
    const { result } = await bench.build(tree, { outputs: [spec([name])] });
    expect(result.published[0]).toEqual({ location: name, digest: result.finished.platforms[0]!.manifest.digest });
    expect(await registry.files('team/app:1')).toEqual({ '/a': 'hi' });
    expect(registry.lines().at(-1)).toBe('PUT /v2/team/app/manifests/1 201');
  });

  test('a base that was put there is built on', async () => {
    await registry.put('base:1', { '/etc/os-release': 'ID=none\n' }, { env: [['FROM_BASE', 'yes']] });
    await using bench = await open();
    const { files, config } = await bench.build({
      '/Dockerfile': `FROM ${registry.host}/base:1\nCOPY a /a\n`,
      '/a': 'hi',
    });
    expect(files).toEqual({ '/a': 'hi', '/etc/os-release': 'ID=none\n' });
    expect(config.config.env).toContainEqual(['FROM_BASE', 'yes']);
  });

  test('each of several platforms is found in the index', async () => {
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    await registry.put(
      'multi',
      platforms.map((platform) => ({ platform, files: { '/arch': platform.architecture } })),
    );
    await using bench = await open();
    const built = await bench.build({ '/Dockerfile': `FROM ${registry.host}/multi\nENV A=b\n` }, { platforms });
    expect(built.platforms.map(({ files }) => files)).toEqual([{ '/arch': 'amd64' }, { '/arch': 'arm64' }]);
  });
});

describe('faults', () => {
  test('are met once each, and pushes go on', async () => {
    registry.fail('POST /v2/team/app/blobs/uploads/', 503, { headers: { 'retry-after': '0' } });
    registry.fail(/^PUT .*\/blobs\/uploads\//, 'reset');
    registry.fail('PUT /v2/team/app/manifests/1', 429, { headers: { 'retry-after': '0' } });
    await using bench = await open();
    await bench.build(tree, { outputs: [spec([`${registry.host}/team/app:1`])] });
    expect(registry.unmet()).toEqual([]);
    const statuses = registry.requests.map(({ status }) => status);
    expect([503, 0, 429].every((status) => statuses.includes(status))).toBe(true);
    expect(await registry.files('team/app:1')).toEqual({ '/a': 'hi' });
  });

  test('a body that ends too soon is fetched again', async () => {
    const content = randomBytes(5000).toString('hex');
    await registry.put('base:1', { '/a': content });
    registry.fail(/^GET .*\/blobs\//, 'truncate');
    await using bench = await open();
    const { files } = await bench.build({ '/Dockerfile': `FROM ${registry.host}/base:1\nENV A=b\n` });
    expect(files).toEqual({ '/a': content });
    expect(registry.unmet()).toEqual([]);
  });
});

describe('a login', () => {
  test('is asked for, and taken', async () => {
    await using closed = await fakeRegistry({ login: { username: 'me', password: 'pass-word' } });
    await closed.put('base', { '/a': 'hi' });
    const asked: string[] = [];
    const login = {
      name: 'login',
      credentials: [
        {
          name: 'login',
          credentials: async ({ registry: host }: { readonly registry: string }) => {
            asked.push(host);
            return { kind: 'basic' as const, username: 'me', password: new Secret('pass-word') };
          },
        },
      ],
    };
    await using bench = await tryPlugin([registryPlugin(), login], {
      network: 'loopback',
      settings: { insecureRegistries: [closed.host] },
    });
    const { files } = await bench.build({ '/Dockerfile': `FROM ${closed.host}/base\nENV A=b\n` });
    expect(files).toEqual({ '/a': 'hi' });
    expect(new Set(asked)).toEqual(new Set([closed.host]));
    expect(closed.requests[0]!.status).toBe(401);
    expect((await fetch(new URL('/v2/', closed.url))).status).toBe(401);
  });
});
