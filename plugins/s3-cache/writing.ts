import type { CacheRecord, Digest, StepFacts, Surroundings } from '../../core/index.ts';
import { emptyCatalog, union, type Catalog } from '../shared/caching/catalog.ts';
import { groupCommits } from '../shared/caching/group-commits.ts';
import { writePage } from './pages.ts';
import type { Reading } from './reading.ts';
import { stager, type Stage } from './stage.ts';

/** What one build has to say: one page, written anew as there is more. */
export interface Writing {
  /** All it has said so far. */
  own(): Catalog;
  /** The page that says so; `undefined`: it has said nothing. */
  page(): Digest | undefined;
  /** Brings the layer to the cache, and then says so. */
  add(record: CacheRecord, facts: StepFacts | undefined): Promise<void>;
  join(more: Catalog): Promise<void>;
}

export function openWriting(reading: Reading, around: Surroundings): Writing {
  const { objects } = reading;
  let own = emptyCatalog;
  let page: Digest | undefined;
  let stage: Promise<Stage> | undefined;

  /** Layers are there before the page that leads to them; the page that it takes the place of goes last. */
  const commits = groupCommits(async () => {
    const before = page;
    page = await writePage(await objects(), own, around);
    if (before !== undefined && before !== page) await (await objects()).remove('pages', [before]);
  });
  const join = async (more: Catalog): Promise<void> => {
    own = union(own, more);
    await commits();
  };
  return {
    own: () => own,
    page: () => page,
    join,
    async add(record, facts) {
      stage ??= objects().then((there) => stager(there, around, reading));
      await join(await (await stage)(record, facts));
    },
  };
}
