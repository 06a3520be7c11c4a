import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  BuildError,
  mapPool,
  meter,
  type CacheBackend,
  type CacheKey,
  type CacheRecord,
  type DiffId,
  type Digest,
  type StepFacts,
  type Surroundings,
  type World,
} from '../../core/index.ts';
import { isTooOld, type CachePolicy } from '../shared/cache-options.ts';
import type { DirectoryCacheSettings } from './options.ts';
import { blobPath, indexPath, recordPath } from './places.ts';
import { problem } from './problems.ts';
import { parseRecord, printRecord } from './records.ts';
import { sealed, unsealed } from './sealed-index.ts';
import { listDirectory, pruneDirectory } from './upkeep.ts';
import { wholeFiles, type WholeFiles } from './whole-files.ts';

/** Files looked at or written at a time. */
const together = 8;

/** Records, layers and indexes as files of one directory: what is there is whole, so nobody waits for anybody. */
export function cacheIn({ path, policy }: DirectoryCacheSettings): CacheBackend {
  const filesOf = ({ world }: Surroundings): WholeFiles => wholeFiles(resolve(world.cwd, path, 'strake'));
  const wrote = new WeakSet<Surroundings>();
  /** Builds that have been told that nothing can be written: once is enough. */
  const givenUp = new WeakSet<Surroundings>();
  return {
    name: path,
    async find(keys, around) {
      if (!policy.reads) return new Map();
      const files = filesOf(around);
      const found = await mapPool(keys, together, (key) => findRecord(key, files, policy, around.world));
      return new Map(found.flatMap((record) => (record ? [[record.key, record]] : [])));
    },
    async save(record, around, facts) {
      if (!policy.writes || (policy.mode === 'min' && facts?.inImage === false)) return;
      if (givenUp.has(around)) return;
      wrote.add(around);
      try {
        await saveRecord(record, facts, filesOf(around), around);
      } catch (error) {
        if (givenUp.has(around)) return;
        if (BuildError.is(error) && error.code === 'directory-cache/NOT_WRITABLE') givenUp.add(around);
        throw error;
      }
    },
    async open({ descriptor }, around) {
      const files = filesOf(around);
      if (!policy.reads || !(await files.look(blobPath(descriptor.digest)))) return undefined;
      return checked(files, descriptor.digest);
    },
    index: async (diffId, around) => (policy.reads ? findIndex(diffId, filesOf(around), around.world) : undefined),
    async finish(around) {
      if (wrote.has(around) && !givenUp.has(around))
        await pruneDirectory(filesOf(around), policy.bounds, around.world.now());
    },
    list: (around) => listDirectory(filesOf(around)),
    ...(policy.writes && {
      prune: (bounds, around) =>
        pruneDirectory(filesOf(around), Object.keys(bounds).length > 0 ? bounds : { maxBytes: 0 }, around.world.now()),
    }),
  };
}

/** A record whose layer is there as a whole. */
async function findRecord(
  key: CacheKey,
  files: WholeFiles,
  policy: CachePolicy,
  world: World,
): Promise<CacheRecord | undefined> {
  const bytes = await files.read(recordPath(key));
  if (!bytes) return undefined;
  const record = parseRecord(bytes);
  if (record?.key !== key) return dropDamaged(recordPath(key), files, world);
  const { digest, size } = record.layer.descriptor;
  const now = world.now();
  if ((await files.look(blobPath(digest)))?.size !== size || isTooOld(record.created, policy, now)) return undefined;
  await files.noteUse(recordPath(key), now);
  return record;
}

async function findIndex(diffId: DiffId, files: WholeFiles, world: World): Promise<Uint8Array | undefined> {
  const bytes = await files.read(indexPath(diffId));
  if (!bytes) return undefined;
  const index = unsealed(bytes);
  if (!index) return dropDamaged(indexPath(diffId), files, world);
  await files.noteUse(indexPath(diffId), world.now());
  return index;
}

async function saveRecord(
  record: CacheRecord,
  facts: StepFacts | undefined,
  files: WholeFiles,
  { blobs, store, world }: Surroundings,
): Promise<void> {
  const { layer } = record;
  const { digest, size } = layer.descriptor;
  const now = world.now();
  if ((await files.look(blobPath(digest)))?.size !== size) await files.write(blobPath(digest), blobs.open(layer), now);
  const diffIds = new Set([layer.diffId, ...(facts?.below ?? []).map((one) => one.diffId)]);
  await mapPool([...diffIds], together, async (diffId) => {
    if (await files.look(indexPath(diffId))) return files.noteUse(indexPath(diffId), now);
    const index = await store.indexes.get(diffId);
    return index && files.write(indexPath(diffId), sealed(index.bytes), now);
  });
  // Last: whoever finds it finds all it leads to.
  await files.write(recordPath(record.key), [Buffer.from(printRecord(record))], now);
}

async function dropDamaged(path: string, files: WholeFiles, world: World): Promise<undefined> {
  const { message } = problem('DAMAGED', { path: join(files.root, path) });
  world.report({ type: 'notice', level: 'warning', code: 'CACHE_DAMAGED', message });
  // Where it may only be read it is met again.
  await files.remove(path).catch(() => {});
}

/** The bytes of a blob; a damaged one is removed as it is met, so that the next build that has it leaves it anew. */
async function* checked(files: WholeFiles, digest: Digest): AsyncGenerator<Uint8Array, void> {
  const path = join(files.root, blobPath(digest));
  const passed = meter();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    passed.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
  if (passed.digest() === digest) return;
  await files.remove(blobPath(digest)).catch(() => {});
  throw problem('DAMAGED', { path });
}
