/** Identity tokens at a real registry with a real token server; tokens that end while a blob is on its way. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import { Secret } from '../../../core/base/secret.ts';
import type { Credentials } from '../../../core/contract/offers.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry } from '../../support/servers/registry.ts';
import { waitFor } from '../../support/wait.ts';
import { clientFor, collect } from '../registry/registry-for.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry', 'openssl']);

suite('an identity token', () => {
  it('gets another token where one ends between the requests of an upload', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    registry.tokens!.acceptRefresh('identity', 'alice');
    // The registry allows a minute more: such a token lasts three seconds.
    registry.tokens!.setLifetime(-57);
    const credentials: Credentials = { kind: 'refresh', token: new Secret('identity') };
    await using client = clientFor({ credentials: [{ name: 'test', credentials: async () => credentials }] });
    const bytes = randomBytes(100_000);
    const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };
    const isTaken = async (): Promise<boolean> => {
      const { headers } = registry.requests().findLast(({ method }) => method === 'POST')!;
      const asked = await fetch(`${registry.direct}/v2/`, { headers: { authorization: headers.authorization! } });
      return asked.status === 200;
    };
    let opened = 0;
    const source = {
      mountFrom: [],
      async *open() {
        // The upload has begun; its body goes out when the token of its beginning is no longer taken.
        if (++opened === 1) await waitFor('the token to end', async () => ((await isTaken()) ? undefined : true));
        yield bytes;
      },
    };
    const at = `${registry.host}/team/app`;
    expect(await client.registry.pushBlob(at, blob, source)).toBe('uploaded');
    const puts = registry.requests().filter(({ method }) => method === 'PUT');
    expect(puts.map(({ status }) => status)).toEqual([401, 201]);
    expect(new Set(puts.map(({ headers }) => headers.authorization)).size).toBe(2);
    expect(new Set(registry.tokens!.requests().map(({ grant }) => grant))).toEqual(new Set(['refresh_token']));
    expect(digestOf(await collect(client.registry.openBlob(at, blob)))).toBe(blob.digest);
  });

  it('that is no longer good is told with who gave it', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    const credentials: Credentials = { kind: 'refresh', token: new Secret('revoked-token'), from: 'a file' };
    await using client = clientFor({ credentials: [{ name: 'test', credentials: async () => credentials }] });
    const asked = client.registry.hasBlob(`${registry.host}/team/app`, digestOf('x'));
    await expect(asked).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringMatching(/asked with a token \(test, a file\)[^]*answered with status 401/) as unknown,
    });
    await expect(asked).rejects.not.toThrow('revoked-token');
  });
});
