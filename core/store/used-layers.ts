import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DiffId } from '../base/brand.ts';
import type { Store } from '../contract/store.ts';
import { namesIn } from './temp-files.ts';

/** Layers whose index was used since `since` (milliseconds since 1970): what isolations keep unpacked when they prune. */
export const usedLayers = (store: Store, since: number): DiffId[] =>
  namesIn(join(store.root, 'indexes'))
    .filter((file) => (statSync(join(store.root, 'indexes', file), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= since)
    .map((file) => `sha256:${file}` as DiffId);
