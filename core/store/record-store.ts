import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheKey } from '../base/brand.ts';
import type { Json } from '../base/canonical-json.ts';
import type { CacheEntry, CacheRecord } from '../contract/record.ts';
import type { RecordStore } from '../contract/store.ts';
import { sealed, unsealed } from './sealed-json.ts';
import { namesIn } from './temp-files.ts';
import { fileNameFor, noteUse, putAside, readWhole, writeWhole, type StoreFiles } from './whole-files.ts';

/** What caches remember of steps: one small file a key. */
export function recordStore(files: StoreFiles): RecordStore {
  const path = (key: CacheKey): string => join(files.root, 'records', fileNameFor(key));
  const find = (key: CacheKey): CacheRecord | undefined => {
    const bytes = readWhole(path(key));
    if (!bytes) return undefined;
    const record = unsealed(bytes) as CacheRecord | undefined;
    if (record?.key !== key) {
      // A damaged record is a miss.
      putAside(files, path(key));
      return undefined;
    }
    noteUse(files, path(key));
    return record;
  };
  return {
    async find(keys) {
      const found = new Map<CacheKey, CacheRecord>();
      for (const key of keys) {
        const record = find(key);
        if (record) found.set(key, record);
      }
      return found;
    },
    async save(record) {
      writeWhole(files, path(record.key), sealed(record as unknown as Json));
    },
    async list() {
      return namesIn(join(files.root, 'records')).flatMap((name): CacheEntry[] => {
        const file = join(files.root, 'records', name);
        const record = unsealed(readWhole(file)) as CacheRecord | undefined;
        const used = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
        return record && used !== undefined ? [{ record, used }] : [];
      });
    },
  };
}
