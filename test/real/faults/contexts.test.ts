/** A context on a web server in every trouble: the image is the same, or what is wrong is said. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BuildError } from '../../../core/base/errors.ts';
import { tryPlugin } from '../../../core/testing/index.ts';
import { httpContext } from '../../../plugins/http-context/index.ts';
import { requirements } from '../../support/needs.ts';
import { startHttpFaultProxy, type HttpFault } from '../../support/servers/http-fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { pushBase, together, type Base } from './scene.ts';
import { always, answers, bodies } from './troubles.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

const troubles = [...answers, ...bodies].filter((name) => name !== 'tokens end');

/** As with registries, but for the names of the problems. */
const told: Readonly<Record<string, string>> = {
  429: 'http-context/REFUSED',
  500: 'http-context/REFUSED',
  502: 'http-context/REFUSED',
  503: 'http-context/REFUSED',
  'reset at once': 'CONNECTION_LOST',
  'reset in the head': 'CONNECTION_LOST',
  'reset in the body': 'http-context/BROKEN_OFF',
  'end in the body': 'http-context/BROKEN_OFF',
};
/** Nobody promised the bytes of a context, unless there is a checksum: that they are damaged shows in the archive. */
const wrong = ['half the body', 'changed answer'];
const expected = (
  ends: Readonly<Record<string, string>>,
  damage: string,
  among: readonly string[] = troubles,
): Record<string, string> =>
  Object.fromEntries(among.map((name) => [name, wrong.includes(name) ? damage : (ends[name] ?? 'built')]));

suite('a context on a web server', () => {
  let registry: TestRegistry;
  let base: Base;
  let right: string;
  beforeAll(async () => {
    registry = await startRegistry();
    base = await pushBase(registry);
    right = await buildWith({ match: /^$/, trouble: 'stall' });
    expect(right).toMatch(/^sha256:/);
  });
  afterAll(() => registry.stop());

  /** The layer of the base is an archive like any other, on a server that knows ranges. Gives a digest or a code. */
  async function buildWith(fault: HttpFault, checksum = false): Promise<string> {
    await using proxies = new AsyncDisposableStack();
    const port = Number(new URL(registry.direct).port);
    const elsewhere = proxies.use(await startHttpFaultProxy({ port }));
    const proxy = proxies.use(await startHttpFaultProxy({ port, fault, elsewhere: elsewhere.host }));
    await using bench = await tryPlugin(httpContext(), { network: 'loopback', settings: { sourceDateEpoch: 0 } });
    const location = `http://user:s3cret@${proxy.host}/v2/base/blobs/${base.layer}`;
    const options = [['http.timeout', '1'], ...(checksum ? [['http.checksum', base.layer] as const] : [])] as const;
    try {
      const { manifest } = await bench.build(location, {
        dockerfileText: 'FROM scratch\nCOPY base /base\n',
        contextOptions: options,
      });
      expect(elsewhere.requests().flatMap(({ authorization }) => authorization ?? [])).toEqual([]);
      return manifest.layers[0]!.digest;
    } catch (error) {
      if (!BuildError.is(error)) throw error;
      expect(`${error.message} ${error.hint}`).not.toContain('s3cret');
      return error.code;
    }
  }
  const outcomes = async (times: number, checksum = false, among = troubles): Promise<Record<string, string>> => {
    const found = await together(
      16,
      among.map((name) => async () => {
        const result = await buildWith({ match: /^GET /, trouble: always[name]!.trouble, times }, checksum);
        return [name, result === right ? 'built' : result] as const;
      }),
    );
    return Object.fromEntries(found);
  };

  it('is got over where it happens once', async () => {
    expect(await outcomes(1)).toEqual(expected({}, 'COMPRESSED_STREAM_DAMAGED'));
  });
  it('is told by its checksum where bytes are not what they should be', async () => {
    expect(await outcomes(1, true)).toEqual(expected({}, 'http-context/CHECKSUM'));
  });
  it('is told where it goes on', async () => {
    // Silence is waited for five times over: that is tested with the sources themselves.
    const among = troubles.filter((name) => !name.startsWith('stall'));
    expect(await outcomes(Infinity, false, among)).toEqual(expected(told, 'COMPRESSED_STREAM_DAMAGED', among));
  });
});
