import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiffId, Digest, HostPath } from '../base/brand.ts';
import { isDigest } from '../base/digest.ts';
import type { ProcessMark } from './process-mark.ts';
import { onDiskNow } from './store-faults.ts';
import { namesIn } from './temp-files.ts';

const directoryOf = (root: HostPath): string => join(root, 'holds');

/** One file a process lists what it needs; it counts for as long as the process lives. */
export function holder(root: HostPath, mark: ProcessMark): (digests: readonly (Digest | DiffId)[]) => void {
  const held = new Set<string>();
  const file = join(directoryOf(root), mark);
  return (digests) => {
    const fresh = digests.filter((digest) => !held.has(digest));
    if (fresh.length === 0) return;
    for (const digest of fresh) held.add(digest);
    onDiskNow(file, () => {
      mkdirSync(directoryOf(root), { recursive: true });
      appendFileSync(file, fresh.map((digest) => `${digest}\n`).join(''));
    });
  };
}

/** What processes hold that were running when the store was swept. */
export function allHeld(root: HostPath): ReadonlySet<string> {
  const held = new Set<string>();
  for (const name of namesIn(directoryOf(root))) {
    const file = join(directoryOf(root), name);
    try {
      for (const line of readFileSync(file, 'latin1').split('\n')) if (isDigest(line)) held.add(line);
    } catch {
      // Gone between two calls: it was a dead process's.
    }
  }
  return held;
}
