/** Every trouble at every kind of request: the image comes out as without it, or is refused and no name is given. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { pushBase, runCell, together, type Base, type Cell, type Outcome } from './scene.ts';
import { always, answers, bodies, once, uploads, type Verdicts } from './troubles.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

interface Row {
  readonly role: Cell['role'];
  readonly match: RegExp | ((base: Base) => RegExp);
  /** What can befall it. */
  readonly troubles: readonly string[];
  /** Where it ends otherwise than most. */
  readonly once?: Verdicts;
  readonly always?: Verdicts;
}

/** Cells at a time: they wait more than they work. */
const width = 16;

const pulls = [...answers, ...bodies];
const pushes = [...answers, ...uploads];

const rows: Readonly<Record<string, Row>> = {
  'pulling a manifest': {
    role: 'base',
    match: /^GET .*\/manifests\//,
    troubles: pulls,
    // The very first request: a token that is refused as soon as it was given is none.
    once: { 'half the body': 'DIGEST_MISMATCH', 'tokens end': 'REGISTRY_DENIED' },
    always: { 'half the body': 'DIGEST_MISMATCH' },
  },
  'pulling a config': { role: 'base', match: ({ config }) => new RegExp(`^GET .*${config}`), troubles: pulls },
  'pulling a layer': {
    role: 'base',
    match: ({ layer }) => new RegExp(`^GET .*${layer}`),
    troubles: pulls,
    // It cannot be unpacked, and so is fetched again, to be told from one that was packed like this.
    once: { 'changed answer': 'built' },
  },
  'looking for a blob': {
    role: 'target',
    match: /^HEAD .*\/blobs\//,
    troubles: answers,
    once: { 'tokens end': 'REGISTRY_DENIED' },
  },
  'beginning an upload': { role: 'target', match: /^POST /, troubles: answers },
  'sending a blob': { role: 'target', match: /^PUT .*\/uploads\//, troubles: pushes },
  'giving the name': {
    role: 'target',
    match: /^PUT .*\/manifests\//,
    troubles: pushes,
  },
};

suite('trouble', () => {
  let registry: TestRegistry;
  let base: Base;
  let right: string;
  beforeAll(async () => {
    registry = await startRegistry();
    base = await pushBase(registry);
    const clean = await runCell(registry, { role: 'base', name: 'clean:1', fault: { match: /^$/, trouble: 'stall' } });
    expect(clean.result).toBe(clean.pushed);
    right = clean.result;
  });
  afterAll(() => registry.stop());

  let cells = 0;
  async function outcomes({ role, match, troubles }: Row, times: number): Promise<Verdicts> {
    const at = match instanceof RegExp ? match : match(base);
    const found = await together(
      width,
      troubles.map((name) => async () => {
        const fault = { match: at, trouble: always[name]!.trouble, times };
        const stalls = name.startsWith('stall');
        const outcome = await runCell(registry, { role, fault, stalls, name: `cell-${(cells += 1)}:1` });
        expect(outcome.met, `requests that met "${name}"`).toBeGreaterThan(0);
        if (name === 'elsewhere') expect(outcome.led).toBeGreaterThan(0);
        return [name, verdictOf(outcome, right)] as const;
      }),
    );
    return Object.fromEntries(found);
  }

  describe.each(Object.entries(rows))('%s', (_, row) => {
    it('once is got over', async () => {
      const expected = Object.fromEntries(
        row.troubles.map((name) => [name, row.once?.[name] ?? once[name] ?? 'built']),
      );
      expect(await outcomes(row, 1)).toEqual(expected);
    });
    it('always is told', async () => {
      const expected = row.troubles.map((name) => [name, row.always?.[name] ?? always[name]!.verdict]);
      expect(await outcomes(row, Infinity)).toEqual(Object.fromEntries(expected));
    });
  });
});

/** `built`; or the code of the problem, with what is found under the name nevertheless. */
function verdictOf({ result, pushed, error, leaked }: Outcome, right: string): string {
  expect(leaked, 'requests at another host with our credentials').toBe(0);
  if (!error) return result === right && pushed === right ? 'built' : `built ${result}, found ${pushed}`;
  const told = `${error.message} ${error.hint ?? ''}`;
  expect(told).not.toMatch(/s3cret|token-\d/);
  expect(told).toContain('127.0.0.1:');
  const found = pushed === undefined ? '' : pushed === right ? ', named' : ', wrong';
  return result + found;
}
