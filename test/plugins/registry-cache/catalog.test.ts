import { describe, expect, test } from 'vitest';
import { digestOf, type CacheKey, type DiffId } from '../../../core/index.ts';
import {
  bounded,
  bytesOf,
  emptyCatalog,
  union,
  type Catalog,
  type CatalogRecord,
} from '../../../plugins/shared/caching/catalog.ts';
import { parseCatalog, printCatalog } from '../../../plugins/shared/caching/catalog-text.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const diffIdOf = (name: string): DiffId => digestOf(`tar of ${name}`) as string as DiffId;
const day = 86_400_000;

interface Step {
  readonly key: string;
  readonly layer?: string;
  readonly size?: number;
  readonly used?: number;
  readonly created?: string;
  readonly turn?: number;
  readonly below?: readonly string[];
}

/** One step as a cache knows it. */
function step({ key, layer = key, size = 100, used = 0, created = '2024-01-01', turn = 0, below = [] }: Step): Catalog {
  const digest = digestOf(layer);
  const record: CatalogRecord = { layer: digest, inputs: [['a', key]], step: key, created, ms: 1, used, turn };
  return {
    records: new Map([[key as CacheKey, record]]),
    layers: new Map([
      [
        digest,
        {
          descriptor: { mediaType: layerType, digest, size },
          diffId: diffIdOf(layer),
          below: below.map(diffIdOf).sort(),
        },
      ],
    ]),
    indexes: new Map([layer, ...below].map((name) => [diffIdOf(name), { digest: digestOf(`index ${name}`), size: 5 }])),
  };
}

const of = (...steps: readonly Step[]): Catalog => steps.map(step).reduce(union, emptyCatalog);
const keysOf = ({ records }: Catalog): string[] => [...records.keys()].sort();

describe('a catalog as text', () => {
  const catalog = of({ key: 'a', below: ['base', 'other'] }, { key: 'b', layer: 'a' }, { key: 'c', below: ['a'] });

  test('comes back as it was', () => {
    expect(parseCatalog(printCatalog(catalog))).toEqual(catalog);
  });

  test('is the same whatever the order things were added in', () => {
    const turned = of({ key: 'c', below: ['a'] }, { key: 'b', layer: 'a' }, { key: 'a', below: ['other', 'base'] });
    expect(printCatalog(turned)).toBe(printCatalog(catalog));
  });

  test.each([
    ['no JSON', '{', SyntaxError],
    ['another version', '{"version":2,"indexes":[],"layers":[],"records":[]}', TypeError],
    ['a list', '[]', TypeError],
    ['no layers', '{"version":1,"indexes":[],"records":[]}', TypeError],
    ['a layer without a digest', '{"version":1,"indexes":[],"layers":[{}],"records":[]}', TypeError],
    ['a layer that is none', '{"version":1,"indexes":[],"layers":[null],"records":[]}', TypeError],
    ['a record of a layer that is not there', record('"layer":7'), TypeError],
    ['a record of a layer before the first', record('"layer":-1'), TypeError],
    ['inputs that are no pairs', record('"layer":0,"inputs":[["a"]]'), TypeError],
  ])('is refused: %s', (_, text, error) => {
    expect(() => parseCatalog(text)).toThrow(error);
  });

  function record(members: string): string {
    const good = printCatalog(of({ key: 'a' }));
    const at = good.indexOf('"records":[{') + '"records":[{'.length;
    const names = [...members.matchAll(/"(\w+)":/g)].map((match) => match[1]);
    const rest = good
      .slice(at)
      .replace(/"layer":0,?/, '')
      .replace(names.includes('inputs') ? /"inputs":\[\[.*?\]\],?/ : /^$/, '');
    return `${good.slice(0, at)}${members},${rest}`;
  }
});

describe('what two writers know', () => {
  const some: readonly Catalog[] = [
    of({ key: 'a' }, { key: 'b', below: ['base'] }),
    of({ key: 'b', layer: 'b2', created: '2024-02-01', used: 3, turn: 1 }, { key: 'c' }),
    of({ key: 'a', used: 9 }, { key: 'b', layer: 'b3' }),
    emptyCatalog,
  ];

  test('is the same whoever merges first', () => {
    for (const a of some)
      for (const b of some) {
        expect(printCatalog(union(a, b))).toBe(printCatalog(union(b, a)));
        for (const c of some) expect(printCatalog(union(union(a, b), c))).toBe(printCatalog(union(a, union(b, c))));
      }
  });

  test('adds nothing to itself', () => {
    for (const a of some) expect(printCatalog(union(a, a))).toBe(printCatalog(a));
  });

  test('of one key is the later record, with the last use', () => {
    const merged = union(
      of({ key: 'a', layer: 'old', created: '2024-01-01', used: 9 }),
      of({ key: 'a', layer: 'new', created: '2024-01-02', used: 2 }),
    );
    expect(merged.records.get('a' as CacheKey)).toMatchObject({ layer: digestOf('new'), used: 9 });
  });

  test('of one key is what took the place of the other, whatever the clocks say', () => {
    const merged = union(
      of({ key: 'a', layer: 'lost', created: '2024-02-01' }),
      of({ key: 'a', layer: 'made again', created: '2024-01-01', turn: 1 }),
    );
    expect(merged.records.get('a' as CacheKey)).toMatchObject({ layer: digestOf('made again') });
  });
});

describe('bounds', () => {
  const three = of({ key: 'a', used: 1 }, { key: 'b', used: 3 }, { key: 'c', used: 2, below: ['base'] });

  test('keep what was used last', () => {
    const left = bounded(three, { maxBytes: 200 }, 3 * day);
    expect(keysOf(left)).toEqual(['b', 'c']);
    expect(bytesOf(left)).toBe(200);
  });

  test('count a layer of several keys once', () => {
    const twice = of({ key: 'a' }, { key: 'b', layer: 'a' }, { key: 'c', layer: 'a' });
    expect(keysOf(bounded(twice, { maxBytes: 100 }, 0))).toEqual(['a', 'b', 'c']);
  });

  test('drop what was not used for so long, to the day', () => {
    expect(keysOf(bounded(three, { maxUnused: day }, 3 * day))).toEqual(['b', 'c']);
    expect(keysOf(bounded(three, { maxUnused: day }, 4 * day))).toEqual(['b']);
    expect(keysOf(bounded(three, { maxUnused: day }, 9 * day))).toEqual([]);
  });

  test('leave no layer and no index that nothing leads to', () => {
    const left = bounded(three, { maxBytes: 100 }, 3 * day);
    expect([...left.layers.keys()]).toEqual([digestOf('b')]);
    expect([...left.indexes.keys()]).toEqual([diffIdOf('b')]);
  });

  test('stop at the first that does not fit, so that what goes is what was unused longest', () => {
    const large = of({ key: 'a', used: 3 }, { key: 'b', used: 2, size: 1000 }, { key: 'c', used: 1 });
    expect(keysOf(bounded(large, { maxBytes: 250 }, 3 * day))).toEqual(['a']);
  });
});
