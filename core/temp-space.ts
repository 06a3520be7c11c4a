import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPath, type HostPath } from './base/brand.ts';

/** Directories for the life of one process, below a folder that several processes and users share. */
export interface TempSpace extends AsyncDisposable {
  make(label: string): Promise<HostPath>;
}

/**
 * Names tell whose a directory is (`strake-<pid namespace>-<pid>-<start>-…`), so that the next process removes what
 * a killed one left, and never what another still uses.
 */
export function openTempSpace(folder: string, pid: number): TempSpace {
  const namespace = pidNamespace();
  const prefix = `strake-${namespace}-`;
  const own = `${prefix}${pid}-${startOf(pid) ?? 0}-`;
  const made: string[] = [];
  let swept: Promise<void> | undefined;
  return {
    async make(label) {
      swept ??= sweep(folder, prefix);
      const directory = await mkdtemp(join(folder, `${own}${label.replace(/[^\w.-]/g, '_')}-`));
      made.push(directory);
      return hostPath(directory);
    },
    async [Symbol.asyncDispose]() {
      await swept;
      await Promise.all(made.splice(0).map((directory) => remove(directory)));
    },
  };
}

async function sweep(folder: string, prefix: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) {
    const owner = name.startsWith(prefix) ? /^(\d+)-(\d+)-/.exec(name.slice(prefix.length)) : null;
    if (!owner || startOf(Number(owner[1])) === Number(owner[2])) continue;
    // Renamed first: two processes that sweep do not walk the same tree.
    const doomed = join(folder, `strake-gone-${name}`);
    await rename(join(folder, name), doomed).then(
      () => remove(doomed),
      () => {},
    );
  }
}

/** Someone else's files in it (of a subuid, say) are no reason to fail. */
const remove = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true }).catch(() => {});

/** Clock ticks since the machine started: with the pid it names a process for good. `undefined`: no such process. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
