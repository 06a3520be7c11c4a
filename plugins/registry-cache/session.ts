import {
  BuildError,
  type CacheKey,
  type CacheRecord,
  type DiffId,
  type StepFacts,
  type Surroundings,
} from '../../core/index.ts';
import { isTooOld } from '../shared/cache-options.ts';
import { readArtifact, readIndexBlob, type CacheArtifact } from './artifact.ts';
import { dayOf, emptyCatalog, union } from '../shared/caching/catalog.ts';
import { groupCommits } from '../shared/caching/group-commits.ts';
import { untilHopeless } from '../shared/caching/until-hopeless.ts';
import { buildChange, commit } from './commits.ts';
import type { RegistryCacheSettings } from './options.ts';
import { problem } from './problems.ts';
import { recordOf } from '../shared/caching/records.ts';
import { stager } from './stage.ts';
import { withinSeconds } from '../shared/caching/within-seconds.ts';

/** The cache as one build uses it: read once, written in groups. */
export interface Session {
  find(keys: readonly CacheKey[]): Promise<ReadonlyMap<CacheKey, CacheRecord>>;
  save(record: CacheRecord, facts: StepFacts | undefined): Promise<void>;
  index(diffId: DiffId): Promise<Uint8Array | undefined>;
  finish(): Promise<void>;
}

export function openSession(settings: RegistryCacheSettings, around: Surroundings): Session {
  const { policy, place } = settings;
  const now = (): Date => around.world.now();
  const attempt = untilHopeless((error) => BuildError.is(error) && hopeless.has(error.code));
  const used = new Set<CacheKey>();
  let own = emptyCatalog;
  let told = false;
  let reading: Promise<CacheArtifact> | undefined;

  const read = (): Promise<CacheArtifact> =>
    (reading ??= withinSeconds(settings.timeout, readArtifact(settings, around), () =>
      problem('SLOW', { reference: settings.text, seconds: settings.timeout }),
    ));
  const stage = stager(place, around, async () => (await read()).catalog);
  const commits = groupCommits(async () => {
    reading = Promise.resolve(await commit(buildChange(own, used, policy.bounds, now()), settings, around));
    used.clear();
  });

  const find = async (keys: readonly CacheKey[]): Promise<ReadonlyMap<CacheKey, CacheRecord>> => {
    const { catalog, damage } = await read();
    if (damage && !told) {
      told = true;
      throw damage;
    }
    const all = union(catalog, own);
    const found = keys
      .flatMap((key) => recordOf(key, all, [place]) ?? [])
      .filter(({ created }) => !isTooOld(created, policy, now()));
    for (const { key } of found) if (all.records.get(key)!.used < dayOf(now().getTime())) used.add(key);
    return new Map(found.map((record) => [record.key, record]));
  };

  const save = async (record: CacheRecord, facts: StepFacts | undefined): Promise<void> => {
    const { key, layer } = record;
    // A cache that is only written is told of everything; what is there need not be looked at again.
    const there = policy.reads ? undefined : (await read()).catalog.records.get(key);
    if (there?.layer === layer.descriptor.digest) {
      used.add(key);
      return;
    }
    const staged = await stage(record, facts);
    own = union(own, staged);
    await commits();
  };

  const index = async (diffId: DiffId): Promise<Uint8Array | undefined> => {
    const found = (await read()).catalog.indexes.get(diffId);
    return found && readIndexBlob(found, place, around);
  };

  const isSaved = (facts: StepFacts | undefined): boolean =>
    policy.writes && (policy.mode === 'max' || facts?.inImage !== false);
  return {
    find: (keys) => attempt(new Map(), async () => (policy.reads ? find(keys) : new Map())),
    save: (record, facts) => attempt(undefined, async () => (isSaved(facts) ? save(record, facts) : undefined)),
    index: (diffId) => attempt(undefined, async () => (policy.reads ? index(diffId) : undefined)),
    finish: () => attempt(undefined, async () => (policy.writes && used.size > 0 ? commits() : undefined)),
  };
}

/** Problems after which nothing more is tried in a build: each try would wait as long and be told again. */
const hopeless = new Set([
  'REGISTRY_UNREACHABLE',
  'REGISTRY_DENIED',
  'REGISTRY_NAME_UNKNOWN',
  'RATE_LIMITED',
  'MANIFEST_UNSUPPORTED',
  'registry-cache/NO_CACHE',
  'registry-cache/SLOW',
]);
