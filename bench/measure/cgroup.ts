/** A control group of its own for a run: what the whole process tree costs, also what nobody waited for. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Group {
  /** The file that takes the number of a process that is to join. */
  readonly procs: string;
  processes(): number[];
  /** CPU seconds so far. */
  cpu(): { readonly user: number; readonly system: number };
  /** Only once nothing runs in it. */
  remove(): void;
}

/** Makes a group of the unified hierarchy (its CPU accounting needs no controller), where the machine allows it. */
export function makeGroup(name: string): Group | undefined {
  const parent = ownGroup();
  if (parent === undefined) return undefined;
  const path = join(parent, name);
  const read = (file: string): string => readFileSync(join(path, file), 'utf8');
  try {
    mkdirSync(path);
    // Who may make a group need not be allowed to move processes into it.
    writeFileSync(join(path, 'cgroup.procs'), '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'write') return undefined;
  }
  return {
    procs: join(path, 'cgroup.procs'),
    processes: () => read('cgroup.procs').split('\n').filter(Boolean).map(Number),
    cpu: () => ({ user: microseconds(read('cpu.stat'), 'user'), system: microseconds(read('cpu.stat'), 'system') }),
    remove: () => rmdirSync(path),
  };
}

const microseconds = (stat: string, what: string): number =>
  Number(new RegExp(`^${what}_usec (\\d+)$`, 'm').exec(stat)?.[1]) / 1e6;

function ownGroup(): string | undefined {
  const mount = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => line.includes(' - cgroup2 '));
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  return mount === undefined || own === undefined ? undefined : join(mount.split(' ')[4]!, own);
}
