import type { CacheKey, CacheRecord, DiffId, Layer, StepFacts, Surroundings } from '../../core/index.ts';
import { isTooOld } from '../shared/cache-options.ts';
import { dayOf, union, type Catalog } from '../shared/caching/catalog.ts';
import { recordOf } from '../shared/caching/records.ts';
import { untilHopeless } from '../shared/caching/until-hopeless.ts';
import type { S3CacheSettings } from './options.ts';
import { isDamage, openReading } from './reading.ts';
import { tidyUp } from './upkeep.ts';
import { openWriting } from './writing.ts';

/** The cache as one build uses it: read once; what it has to say is one page, written anew as there is more. */
export interface Session {
  find(keys: readonly CacheKey[]): Promise<ReadonlyMap<CacheKey, CacheRecord>>;
  save(record: CacheRecord, facts: StepFacts | undefined): Promise<void>;
  open(layer: Layer): Promise<AsyncIterable<Uint8Array> | undefined>;
  index(diffId: DiffId): Promise<Uint8Array | undefined>;
  finish(): Promise<void>;
}

export function openSession(settings: S3CacheSettings, build: Surroundings): Session {
  const { policy } = settings;
  // Once the cache is given up, nobody waits for what it may still answer.
  const stop = new AbortController();
  const signal = AbortSignal.any([build.world.signal, stop.signal]);
  const around: Surroundings = { ...build, world: { ...build.world, signal } };
  const now = (): Date => around.world.now();
  const attempt = untilHopeless((error) => {
    const isHopeless = !isDamage(error);
    if (isHopeless) stop.abort(error);
    return isHopeless;
  });
  const used = new Set<CacheKey>();
  const reading = openReading(settings, around);
  const { objects, read, readIndex, readLayer } = reading;
  const writing = openWriting(reading, around);

  const find = async (keys: readonly CacheKey[]): Promise<ReadonlyMap<CacheKey, CacheRecord>> => {
    if (keys.length === 0) return new Map();
    const all = union((await read()).catalog, writing.own());
    const found = keys
      .flatMap((key) => recordOf(key, all, []) ?? [])
      .filter(({ created }) => !isTooOld(created, policy, now()));
    for (const { key } of found) if (all.records.get(key)!.used < dayOf(now().getTime())) used.add(key);
    return new Map(found.map((record) => [record.key, record]));
  };

  const save = async (record: CacheRecord, facts: StepFacts | undefined): Promise<void> => {
    const { key, layer } = record;
    // A cache that is only written is told of everything; what is there need not be sent again.
    const there = policy.reads ? undefined : (await read()).catalog.records.get(key);
    if (there?.layer !== layer.descriptor.digest) return writing.add(record, facts);
    if (there.used < dayOf(now().getTime())) used.add(key);
  };

  const finish = async (): Promise<void> => {
    if (used.size > 0) await writing.join(usedToday((await read()).catalog, used, now()));
    const page = writing.page();
    if (page !== undefined) await tidyUp(await objects(), await read(), writing.own(), page, policy.bounds, around);
  };

  const isSaved = (facts: StepFacts | undefined): boolean =>
    policy.writes && (policy.mode === 'max' || facts?.inImage !== false);
  return {
    find: (keys) => attempt(new Map(), async () => (policy.reads ? find(keys) : new Map())),
    save: (record, facts) => attempt(undefined, async () => (isSaved(facts) ? save(record, facts) : undefined)),
    open: (layer) =>
      attempt(undefined, async () =>
        policy.reads ? readLayer(layer, writing.own().layers.has(layer.descriptor.digest)) : undefined,
      ),
    index: (diffId) => attempt(undefined, async () => (policy.reads ? readIndex(diffId) : undefined)),
    finish: () => attempt(undefined, async () => (policy.writes ? finish() : undefined)),
  };
}

/** The records of these keys, with the time of their last use. */
function usedToday(catalog: Catalog, keys: ReadonlySet<CacheKey>, now: Date): Catalog {
  const records = [...catalog.records].filter(([key]) => keys.has(key));
  const led = new Set(records.map(([, { layer }]) => layer));
  return {
    records: new Map(records.map(([key, record]) => [key, { ...record, used: dayOf(now.getTime()) }])),
    layers: new Map([...catalog.layers].filter(([digest]) => led.has(digest))),
    indexes: new Map(),
  };
}
