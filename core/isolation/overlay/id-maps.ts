import { readFileSync } from 'node:fs';

/** A run of ids: `count` of them from `inside` on are those from `outside` on. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Which ids a user namespace has, and who may write that down. */
export interface IdMaps {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** `helpers`: newuidmap and newgidmap, for users; `write`: root of a container does it itself. */
  readonly by: 'helpers' | 'write';
}

export type ReadText = (path: string) => string | undefined;

export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** What /etc/subuid and /etc/subgid give the user; root has all that its own namespace has. */
export function findIdMaps(uid: number, gid: number, read: ReadText = readText): IdMaps | undefined {
  if (uid === 0) {
    const [uids, gids] = [ownRanges(read('/proc/self/uid_map')), ownRanges(read('/proc/self/gid_map'))];
    return uids.length > 0 && gids.length > 0 ? { uids, gids, by: 'write' } : undefined;
  }
  const name = userName(uid, read('/etc/passwd'));
  const own = (file: string, id: number): IdRange[] => {
    const range = subordinate(read(file), [name, String(uid)]);
    return range
      ? [
          { inside: 0, outside: id, count: 1 },
          { ...range, inside: 1 },
        ]
      : [];
  };
  const [uids, gids] = [own('/etc/subuid', uid), own('/etc/subgid', gid)];
  return uids.length > 0 && gids.length > 0 ? { uids, gids, by: 'helpers' } : undefined;
}

/** The same numbers inside as outside. */
const ownRanges = (map: string | undefined): IdRange[] =>
  lines(map).flatMap((line) => {
    const [inside, , count] = line.trim().split(/\s+/).map(Number);
    return inside !== undefined && count ? [{ inside, outside: inside, count }] : [];
  });

function subordinate(
  file: string | undefined,
  owners: readonly (string | undefined)[],
): Omit<IdRange, 'inside'> | undefined {
  for (const line of lines(file)) {
    const [owner, first, count] = line.split(':');
    const range = { outside: Number(first), count: Number(count) };
    if (owners.includes(owner) && range.outside > 0 && range.count > 0) return range;
  }
  return undefined;
}

const userName = (uid: number, passwd: string | undefined): string | undefined =>
  lines(passwd)
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === String(uid))?.[0];

const lines = (text: string | undefined): string[] => (text ?? '').split('\n').filter((line) => line.trim() !== '');
