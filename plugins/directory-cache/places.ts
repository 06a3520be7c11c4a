import { hexOf, type CacheKey, type DiffId, type Digest } from '../../core/index.ts';

/** Where things lie below the cache's root. */
export const folders = { records: 'records', blobs: 'blobs/sha256', indexes: 'indexes' } as const;

/** Keys of strake are hex digits; what another tool left under such a name is none of ours. */
export const recordPath = (key: CacheKey): string => `${folders.records}/${encodeURIComponent(key)}`;
export const blobPath = (digest: Digest): string => `${folders.blobs}/${hexOf(digest)}`;
export const indexPath = (diffId: DiffId): string => `${folders.indexes}/${hexOf(diffId)}`;
