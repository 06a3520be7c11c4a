import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import type { Bookkeeping } from '../isolation/overlay/marks.ts';
import type { Entrance } from '../isolation/overlay/enter-namespaces.ts';

/** Which unpacked layers a worker can use: those with its own marks of deletions, and its own view of ids. */
export interface Flavour {
  readonly directory: HostPath;
  readonly bookkeeping: Bookkeeping;
}

/** Both maps of a process outside of any user namespace (user_namespaces(7)). */
const everyId = '0 0 4294967295';

export function openFlavour(store: HostPath, rank: Entrance['rank']): Flavour {
  const maps = ['uid_map', 'gid_map'].map((name) =>
    readFileSync(`/proc/self/${name}`, 'latin1').trim().replace(/\s+/g, ' '),
  );
  const isWhole = maps.every((one) => one === everyId);
  const name = isWhole
    ? 'root'
    : rank === 'single'
      ? 'single'
      : `user-${createHash('sha256').update(maps.join('\n')).digest('hex').slice(0, 12)}`;
  const directory = hostPath(join(store, 'layers', name));
  mkdirSync(directory, { recursive: true });
  // Programs of images lie below, with the set-id bits they have there.
  chmodSync(directory, 0o700);
  return { directory, bookkeeping: isWhole ? 'trusted' : 'user' };
}
