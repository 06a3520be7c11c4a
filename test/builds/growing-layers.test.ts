/** A large layer goes to the registry while it is packed. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OutputSpec } from '../../core/index.ts';
import { fakeRegistry, tryPlugin, type FakeRegistry, type RegistryRequest } from '../../core/testing/index.ts';
import { registryPlugin } from '../../plugins/registry/index.ts';

vi.setConfig({ testTimeout: 30_000 });

let server: FakeRegistry;
beforeEach(async () => {
  server = await fakeRegistry();
});
afterEach(() => server[Symbol.asyncDispose]());

const large = randomBytes(6 << 20);
/** Not shown when it fails: it is long. */
const arrived = async (name: string): Promise<boolean> =>
  large.equals(Buffer.from((await server.files(name))['/large'] as Uint8Array));
const tree = { '/Dockerfile': 'FROM scratch\nCOPY large /large\n', '/large': large };
const toRegistry = (extra: Partial<OutputSpec> = {}): OutputSpec => ({
  type: 'registry',
  forceCompression: false,
  rewriteTimestamp: false,
  options: [],
  ...extra,
});

async function push(tags: readonly string[], spec = toRegistry()) {
  await using bench = await tryPlugin(registryPlugin(), { network: 'loopback', settings: { sourceDateEpoch: 7 } });
  const names = tags.map((tag) => `${server.host}/${tag}`);
  const { manifest } = await bench.build(tree, { tags: names, outputs: [spec] });
  return manifest.layers[0]!.digest;
}
const plain = ({ method, path, status }: RegistryRequest): string =>
  `${method} ${path.replace(/sha256(?::|%3A)([0-9a-f]{6})[0-9a-f]*/g, '$1').replace(/uploads\/.*?(?=\?|$)/, 'uploads/')} ${status}`.replace(
    /_state=[^& ]*&?/,
    '',
  );
/** Requests that say something of the layer: by its digest, or while it had none. */
const ofLayer = (digest: string): string[] => {
  const short = digest.slice(7, 13);
  const lines = server.requests.map(plain);
  return lines.filter((line) => line.startsWith('PATCH') || line.startsWith('DELETE') || line.includes(short));
};

test('its bytes are sent before its digest is known, and the upload is closed with the digest', async () => {
  const digest = await push(['app:1']);
  const short = digest.slice(7, 13);
  // The digest may be asked for while the last bytes are on their way.
  expect(ofLayer(digest).filter((line) => !line.startsWith('HEAD'))).toEqual([
    'PATCH /v2/app/blobs/uploads/? 202',
    `PUT /v2/app/blobs/uploads/?digest=${short} 201`,
  ]);
  expect(ofLayer(digest)).toContain(`HEAD /v2/app/blobs/${short} 404`);
  expect(await arrived('app:1')).toBe(true);
});

test('another repository of the registry mounts it', async () => {
  const digest = await push(['app:1', 'other:1']);
  const short = digest.slice(7, 13);
  expect(ofLayer(digest).filter((line) => /PATCH|POST|PUT/.test(line))).toEqual([
    'PATCH /v2/app/blobs/uploads/? 202',
    `PUT /v2/app/blobs/uploads/?digest=${short} 201`,
    `POST /v2/other/blobs/uploads/?mount=${short}&from=app 201`,
  ]);
});

test('an upload that breaks, or is refused at its end, is made anew', async () => {
  server.fail('PATCH ', 'reset');
  const digest = await push(['app:1']);
  expect(ofLayer(digest).filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  expect(await arrived('app:1')).toBe(true);
  server.fail(/^PUT .*uploads/, 500);
  await push(['second:1']);
  expect(server.unmet()).toEqual([]);
  expect(await arrived('second:1')).toBe(true);
});

test('a layer that the registry turns out to have is not sent to its end', async () => {
  const digest = await push(['app:1']);
  const before = server.requests.length;
  expect(await push(['app:2'])).toBe(digest);
  const after = server.requests.slice(before).map(plain);
  expect(after).toContain('DELETE /v2/app/blobs/uploads/? 204');
  const puts = after.filter((line) => line.startsWith('PUT'));
  expect(puts.filter((line) => !line.includes('/manifests/'))).toEqual([]);
  expect(puts.at(-1)).toContain('manifests/2');
});

test('an output that changes layers waits for the change', async () => {
  const digest = await push(['app:1'], toRegistry({ rewriteTimestamp: true }));
  expect(ofLayer(digest).filter((line) => line.startsWith('PATCH'))).toEqual([]);
});
