/** A registry cache in every trouble: the image is the same, and what is left in the cache can be read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import type { HttpFault } from '../../support/servers/http-fault-proxy.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { pushBase, runCell, together, type Cell, type Outcome } from './scene.ts';
import { always, answers, bodies, uploads } from './troubles.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

// What is true of 503 is true of them.
const isOwn = (name: string): boolean => name !== '500' && name !== '502';
const reads = [...answers, ...bodies].filter(isOwn);
const writes = [...answers, ...uploads].filter(isOwn);
const rows: readonly (readonly [string, RegExp, 'read' | 'write', readonly string[]])[] = [
  ['reading its manifest', /^GET .*\/manifests\//, 'read', reads],
  ['reading its catalog and layers', /^GET .*\/blobs\//, 'read', reads],
  ['beginning an upload to it', /^POST /, 'write', writes],
  ['sending a blob to it', /^PUT .*\/uploads\//, 'write', writes],
  ['giving it its manifest', /^PUT .*\/manifests\//, 'write', writes],
];
const nothing: HttpFault = { match: /^$/, trouble: 'stall' };

suite('a cache', () => {
  let registry: TestRegistry;
  let right: string;
  let cells = 0;
  const cell = (cache: Cell['cache'], fault: HttpFault, stalls = false): Promise<Outcome> =>
    runCell(registry, { role: 'cache', name: `cell-${(cells += 1)}:1`, fault, stalls, ...(cache && { cache }) });

  beforeAll(async () => {
    registry = await startRegistry();
    await pushBase(registry);
    right = (await cell({ repository: 'filled', read: false, write: true }, nothing)).result;
    const found = await cell(
      { repository: 'filled', read: true, write: false },
      { ...nothing, match: /blobs/, times: 0 },
    );
    expect(found).toMatchObject({ result: right, notices: [] });
  });
  afterAll(() => registry.stop());

  describe.each(rows)('%s', (_, match, use, troubles) => {
    it.each([
      ['once', 1],
      ['always', Infinity],
    ])('%s in trouble', async (_when, times) => {
      const outcomes = await together(
        16,
        troubles.map((name) => async () => {
          const repository = use === 'read' ? 'filled' : `own-${(cells += 1)}`;
          const fault = { match, trouble: always[name]!.trouble, times };
          const cache = { repository, read: use === 'read', write: use === 'write' };
          const outcome = await cell(cache, fault, name.startsWith('stall'));
          expect(outcome.met, `requests that met "${name}"`).toBeGreaterThan(0);
          expect(outcome.leaked, 'requests at another host with our credentials').toBe(0);
          // What another build finds there is a whole cache or none.
          const after = use === 'write' ? await cell({ repository, read: true, write: false }, nothing) : undefined;
          return [name, verdictOf(outcome), after ? [...after.notices, verdictOf(after)] : ['built']] as const;
        }),
      );
      expect(outcomes).toEqual(troubles.map((name) => [name, 'built', ['built']]));
    });
  });

  function verdictOf({ result, pushed, notices }: Outcome): string {
    if (result !== right || pushed !== right) return `${result}, found ${pushed}`;
    const other = notices.filter((line) => !/^CACHE(D_LAYER_LOST|_UNAVAILABLE) /.test(line));
    return other.length === 0 ? 'built' : other.join('\n');
  }
});
