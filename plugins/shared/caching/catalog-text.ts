import {
  canonicalJson,
  isDigest,
  type CacheKey,
  type Descriptor,
  type DiffId,
  type Digest,
  type Pairs,
} from '../../../core/index.ts';
import type { Catalog, CatalogIndex, CatalogLayer, CatalogRecord } from './catalog.ts';

/** Raised when older ones would misread it. */
const version = 1;

/** The same text for the same catalog. Layers and indexes are named by their place in the lists. */
export function printCatalog({ records, layers, indexes }: Catalog): string {
  const layerList = sorted(layers);
  const indexList = sorted(indexes);
  const layerAt = new Map(layerList.map(([digest], at) => [digest, at]));
  const indexAt = new Map(indexList.map(([diffId], at) => [diffId, at]));
  return canonicalJson({
    version,
    indexes: indexList.map(([diffId, { digest, size }]) => ({ diffId, digest, size })),
    layers: layerList.map(([digest, { descriptor, diffId, below }]) => ({
      mediaType: descriptor.mediaType,
      digest,
      size: descriptor.size,
      diffId,
      below: below.flatMap((one) => indexAt.get(one) ?? []),
    })),
    records: sorted(records).map(([key, record]) => ({ key, ...record, layer: layerAt.get(record.layer)! })),
  });
}

const sorted = <K extends string, V>(map: ReadonlyMap<K, V>): [K, V][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** What was printed. Throws a TypeError that says what is wrong, whatever is in the text. */
export function parseCatalog(text: string): Catalog {
  const content = object(JSON.parse(text));
  if (content['version'] !== version) throw new TypeError('its version is not 1');
  const indexList = list(content['indexes']).map((one): [DiffId, CatalogIndex] => {
    const { diffId, digest, size } = object(one);
    return [diffIdIn(diffId), { digest: digestIn(digest), size: count(size) }];
  });
  const layerList = list(content['layers']).map((one): [Digest, CatalogLayer] => {
    const { mediaType, digest, size, diffId, below } = object(one);
    const descriptor: Descriptor = { mediaType: text_(mediaType), digest: digestIn(digest), size: count(size) };
    const stands = list(below).map((at) => item(indexList, at)[0]);
    return [descriptor.digest, { descriptor, diffId: diffIdIn(diffId), below: stands }];
  });
  const recordList = list(content['records']).map((one): [CacheKey, CatalogRecord] => {
    const { key, layer, on, inputs, step, created, ms, used, turn } = object(one);
    const record = {
      layer: item(layerList, layer)[0],
      ...(on !== undefined && { on: text_(on) as CacheKey }),
      inputs: pairs(inputs),
      step: text_(step),
      created: text_(created),
      ms: count(ms),
      used: count(used),
      turn: count(turn),
    };
    return [text_(key) as CacheKey, record];
  });
  return { records: new Map(recordList), layers: new Map(layerList), indexes: new Map(indexList) };
}

type Members = Readonly<Record<string, unknown>>;

function object(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object', value);
  return value as Members;
}
function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong('a list', value);
  return value;
}
function text_(value: unknown): string {
  if (typeof value !== 'string') throw wrong('a text', value);
  return value;
}
function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong('a count', value);
  return value as number;
}
function digestIn(value: unknown): Digest {
  if (typeof value !== 'string' || !isDigest(value)) throw wrong('a digest', value);
  return value;
}
const diffIdIn = (value: unknown): DiffId => digestIn(value) as string as DiffId;

function pairs(value: unknown): Pairs {
  return list(value).map((pair) => {
    const [name, text] = list(pair);
    return [text_(name), text_(text)];
  });
}
function item<T>(items: readonly T[], at: unknown): T {
  const found = items[count(at)];
  if (found === undefined) throw wrong('the place of something in a list', at);
  return found;
}

const wrong = (expected: string, value: unknown): TypeError =>
  new TypeError(`${JSON.stringify([value]).slice(1, 41)} stands where ${expected} should be`);
