/** The client under test, with what the tests look at. */
import type { CredentialProvider } from '../../../core/contract/offers.ts';
import type { Registry } from '../../../core/contract/registry.ts';
import { parseReference, withDefaultTag } from '../../../core/oci/reference.ts';
import { createRegistry, type RegistryDeps } from '../../../core/registry/client.ts';
import { loginAs, testWorld, type TestWorld } from '../../core/registry/test-world.ts';
import type { TestRegistry } from '../../support/servers/registry.ts';

export interface ClientUnderTest extends AsyncDisposable {
  readonly registry: Registry;
  readonly world: TestWorld;
}

/** Short pauses, so that tests of failures end soon. */
const retries = { attempts: 4, firstDelay: 20, longestDelay: 100 };

export function clientFor(
  options: Partial<Omit<RegistryDeps, 'world'>> & { readonly env?: Record<string, string> } = {},
): ClientUnderTest {
  const world = testWorld(options.env);
  const { env: _, ...deps } = options;
  const registry = createRegistry({ credentials: [], retries, ...deps, world });
  return { registry, world, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

/** The login of somebody who may do all in a test registry. */
export const loginOf = ({ credentials }: TestRegistry): CredentialProvider & { asked: string[] } =>
  loginAs(credentials!.username, credentials!.password);

export const reference = (text: string) => withDefaultTag(parseReference(text));

export const amd64 = { os: 'linux', architecture: 'amd64' };

export const resolve = (client: ClientUnderTest, text: string, platform = amd64) =>
  client.registry.resolve(text, reference(text), platform);

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `GET /v2/base/busybox/manifests/latest 200`, with digests and ids shortened. */
export const lines = (registry: Pick<TestRegistry, 'requests'>): string[] =>
  registry
    .requests()
    .map(({ method, path, status }) =>
      `${method} ${decodeURIComponent(path)} ${status}`
        .replace(/sha256:([0-9a-f]{6})[0-9a-f]*/g, 'sha256:$1')
        .replace(/uploads\/[0-9a-f-]{36}\?.*?digest=/, 'uploads/ID?digest='),
    );

export const short = (digest: string): string => digest.slice(0, 13);
