/** Downloads over connections that break. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import type { Descriptor } from '../../../core/oci/image.ts';
import { requirements } from '../../support/needs.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { clientFor, collect } from './registry-for.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

const megabyte = 1 << 20;

suite('a download over a bad line', () => {
  const bytes = randomBytes(10 * megabyte);
  const blob: Descriptor = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
    await using client = clientFor();
    const open = async function* () {
      yield bytes;
    };
    await client.registry.pushBlob(`${registry.host}/x`, blob, { mountFrom: [], open });
  });
  beforeEach(() => registry.clearRequests());
  afterAll(() => registry.stop());

  const ranges = () => registry.requests().map(({ headers }) => headers.range);
  const offset = (range: string | undefined) => Number(/\d+/.exec(range ?? '0'));

  it('goes on where it broke, as often as it comes further', async () => {
    await using proxy = await startFaultProxy(registry.port, { resetAfter: megabyte });
    await using client = clientFor();
    expect(digestOf(await collect(client.registry.openBlob(`${proxy.host}/x`, blob)))).toBe(blob.digest);
    const offsets = ranges().map(offset);
    expect(offsets.length).toBeGreaterThan(9);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    // Nothing is fetched twice but what was under way when the line broke.
    expect(registry.requests().every(({ status }, at) => status === (at === 0 ? 200 : 206))).toBe(true);
  });

  it('goes on from an offset of the caller', async () => {
    await using proxy = await startFaultProxy(registry.port, { resetAfter: 4 * megabyte, onlyFirst: 1 });
    await using client = clientFor();
    const rest = await collect(client.registry.openBlob(`${proxy.host}/x`, blob, 3 * megabyte));
    expect(rest.equals(bytes.subarray(3 * megabyte))).toBe(true);
    expect(ranges()[0]).toBe(`bytes=${3 * megabyte}-`);
    expect(await collect(client.registry.openBlob(`${proxy.host}/x`, blob, bytes.length))).toHaveLength(0);
  });

  it('reads everything again from a server that knows no ranges, and skips what it has', async () => {
    await using proxy = await startFaultProxy(registry.port, { resetAfter: 6 * megabyte, onlyFirst: 1 });
    await using client = clientFor();
    registry.intercept(() => ({ status: 200, body: bytes }));
    try {
      const read = await collect(client.registry.openBlob(`${proxy.host}/x`, blob));
      expect(read.equals(bytes)).toBe(true);
      expect(registry.requests()).toHaveLength(2);
    } finally {
      registry.intercept(undefined);
    }
  });

  it('ends when it comes no further', async () => {
    await using proxy = await startFaultProxy(registry.port, { resetAfter: 900 });
    await using client = clientFor();
    const failure = collect(client.registry.openBlob(`${proxy.host}/x`, blob));
    await expect(failure).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      facts: { reason: expect.stringMatching(/again and again/) },
    });
    expect(proxy.connections()).toBeLessThanOrEqual(30);
  });

  it('refuses more bytes than the blob has', async () => {
    await using client = clientFor();
    const smaller = { ...blob, size: 5 * megabyte };
    const failure = collect(client.registry.openBlob(`${registry.host}/x`, smaller));
    await expect(failure).rejects.toMatchObject({ code: 'REGISTRY_ANSWER_INVALID' });
  });

  it('takes a connection for broken that falls silent', async () => {
    await using proxy = await startFaultProxy(registry.port, { stallAfter: megabyte, onlyFirst: 2 });
    await using client = clientFor({ registries: new Map([[proxy.host, { timeout: 1200 }]]) });
    expect(digestOf(await collect(client.registry.openBlob(`${proxy.host}/x`, blob)))).toBe(blob.digest);
    expect(ranges().map(offset).at(-1)).toBeGreaterThan(megabyte);
  });

  it('ends at once when told to', async () => {
    await using proxy = await startFaultProxy(registry.port, { stallAfter: megabyte });
    await using client = clientFor();
    setTimeout(() => client.world.abort(new Error('enough')), 300);
    await expect(collect(client.registry.openBlob(`${proxy.host}/x`, blob))).rejects.toThrow('enough');
  });

  it('a reader that stops early frees the connection', async () => {
    await using client = clientFor();
    for (let at = 0; at < 40; at++)
      for await (const chunk of client.registry.openBlob(`${registry.host}/x`, blob)) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
    expect(await client.registry.hasBlob(`${registry.host}/x`, blob.digest)).toBe(true);
  });
});
