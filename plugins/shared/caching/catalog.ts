import type { CacheBounds, CacheKey, Descriptor, DiffId, Digest, Pairs } from '../../../core/index.ts';

/** All that a cache knows, as plain data. */
export interface Catalog {
  readonly records: ReadonlyMap<CacheKey, CatalogRecord>;
  readonly layers: ReadonlyMap<Digest, CatalogLayer>;
  /** Indexes of layers, those of bases among them, as blobs. */
  readonly indexes: ReadonlyMap<DiffId, CatalogIndex>;
}

export interface CatalogRecord {
  readonly layer: Digest;
  readonly on?: CacheKey;
  readonly inputs: Pairs;
  readonly step: string;
  /** RFC 3339 */
  readonly created: string;
  /** Milliseconds the step took. */
  readonly ms: number;
  /** Days since 1970: finer would mean to write the cache at every use. */
  readonly used: number;
  /** How often the key was given another layer: clocks of machines differ. */
  readonly turn: number;
}

export interface CatalogLayer {
  readonly descriptor: Descriptor;
  readonly diffId: DiffId;
  /** What it was made on: whoever makes another layer there needs the indexes. */
  readonly below: readonly DiffId[];
}

/** A blob with an index in it, compressed. */
export interface CatalogIndex {
  readonly digest: Digest;
  readonly size: number;
}

export const emptyCatalog: Catalog = { records: new Map(), layers: new Map(), indexes: new Map() };

const day = 86_400_000;
/** Days since 1970 of a time in milliseconds. */
export const dayOf = (time: number): number => Math.floor(time / day);

/** What two writers know, the same whoever merges: of two records for a key the later one, and when it was used last. */
export function union(a: Catalog, b: Catalog): Catalog {
  const records = new Map(a.records);
  for (const [key, record] of b.records) {
    const other = records.get(key);
    records.set(key, other ? later(other, record) : record);
  }
  const layers = new Map(a.layers);
  for (const [digest, layer] of b.layers) {
    const below = [...new Set([...(layers.get(digest)?.below ?? []), ...layer.below])].sort();
    layers.set(digest, { ...layer, below });
  }
  const indexes = new Map(a.indexes);
  for (const [diffId, index] of b.indexes) {
    const other = indexes.get(diffId);
    indexes.set(diffId, other && other.digest < index.digest ? other : index);
  }
  return { records, layers, indexes };
}

function later(a: CatalogRecord, b: CatalogRecord): CatalogRecord {
  const order = a.turn - b.turn || compare(a.created, b.created) || compare(a.layer, b.layer);
  const winner = order >= 0 ? a : b;
  return { ...winner, used: Math.max(a.used, b.used) };
}

/** Layers of one manifest: it stays below the four megabytes that registries take. */
const mostLayers = 4000;

/** What may stay, the last used first; then nothing stays that no record leads to. */
export function bounded(catalog: Catalog, { maxBytes = Infinity, maxUnused }: CacheBounds, now: number): Catalog {
  const oldest = maxUnused === undefined ? -Infinity : now - maxUnused;
  const kept = new Set<Digest>();
  let bytes = 0;
  let isFull = false;
  const records = [...catalog.records]
    .filter(([, record]) => (record.used + 1) * day > oldest && catalog.layers.has(record.layer))
    .sort(([keyA, a], [keyB, b]) => b.used - a.used || compare(b.created, a.created) || compare(keyA, keyB))
    .filter(([, { layer }]) => {
      if (kept.has(layer)) return true;
      const { size } = catalog.layers.get(layer)!.descriptor;
      isFull ||= bytes + size > maxBytes || kept.size === mostLayers;
      if (isFull) return false;
      bytes += size;
      kept.add(layer);
      return true;
    });
  return trimmed({ ...catalog, records: new Map(records) });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Without what no record leads to. */
export function trimmed({ records, layers, indexes }: Catalog): Catalog {
  const led = new Set([...records.values()].map((record) => record.layer));
  const kept = [...layers].filter(([digest]) => led.has(digest));
  const wanted = new Set(kept.flatMap(([, { diffId, below }]) => [diffId, ...below]));
  return { records, layers: new Map(kept), indexes: new Map([...indexes].filter(([diffId]) => wanted.has(diffId))) };
}

/** Bytes of all layers. */
export const bytesOf = ({ layers }: Catalog): number =>
  [...layers.values()].reduce((sum, { descriptor }) => sum + descriptor.size, 0);
