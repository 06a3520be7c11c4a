import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names a running process so that others can tell, from the name alone, whether it still lives: number and start time,
 * within one pid namespace of one boot. Ends with no `-`, which separates it from what follows in file names.
 */
export type ProcessMark = string;

/** Milliseconds after which what belongs to a process that cannot be looked at counts as left behind. */
const longestForeign = 24 * 3600 * 1000;

export function ownMark(): ProcessMark {
  const place = namespaceMark();
  const pid = place && orNothing(() => readlinkSync('/proc/self'));
  const start = pid && startTime(pid);
  // Without /proc nobody can look us up; what we leave is swept by its age.
  return place && pid && start ? `${pid}.${start}.${place}` : `x.${randomBytes(6).toString('hex')}`;
}

/** Has the owner ended? `touched` is when it last wrote, for owners of another container or machine. */
export function isLeftBehind(mark: ProcessMark, touched: number, now: number): boolean {
  const [pid = '', start, ...place] = mark.split('.');
  if (/^\d+$/.test(pid) && place.join('.') === namespaceMark()) return startTime(pid) !== start;
  return touched + longestForeign < now;
}

/** Which processes can be seen from here. */
function namespaceMark(): string | undefined {
  return orNothing(() => {
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    return `${namespace}.${boot}`;
  });
}

/** In clock ticks since boot (proc(5), stat field 22); the name before it may hold blanks and brackets. */
function startTime(pid: string): string | undefined {
  const stat = orNothing(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  // A zombie holds nothing any more.
  return state === 'Z' ? undefined : rest[18];
}

function orNothing<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
