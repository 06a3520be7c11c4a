import { closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mountFlag } from '../../sys/mounts.ts';
import { codeOf } from '../../sys/sys-error.ts';
import type { Sys } from '../../sys/sys.ts';

/** What container runtimes give every process (OCI runtime-spec, config-linux.md, "Default Devices"). */
const devices = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
] as const;

const links = [
  ['/proc/self/fd', 'fd'],
  ['/proc/self/fd/0', 'stdin'],
  ['/proc/self/fd/1', 'stdout'],
  ['/proc/self/fd/2', 'stderr'],
  ['/proc/kcore', 'core'],
  ['pts/ptmx', 'ptmx'],
] as const;

const { noSuid, noDevices, noExec } = mountFlag;

/**
 * A tree for /dev. Devices stand on mounts of their own, so that the tree itself opens none that a step makes there.
 * `nodes` is where fresh ones are made: a step that changes their mode must not change it for the machine.
 */
export function makeDevices(sys: Pick<Sys, 'mounts' | 'nodes'>, directory: string, nodes: string): void {
  const { mounts } = sys;
  mounts.mount({ type: 'tmpfs', target: directory, flags: noSuid | noDevices, data: 'mode=755,size=64m' });
  for (const [name, major, minor] of devices) {
    const target = join(directory, name);
    closeSync(openSync(target, 'wx', 0o666));
    mounts.bind(deviceToBind(sys, join(nodes, name), name, major, minor), target);
  }
  for (const [target, name] of links) symlinkSync(target, join(directory, name));
  for (const name of ['pts', 'shm', 'mqueue']) mkdirSync(join(directory, name), 0o755);
  mountTerminals(sys, join(directory, 'pts'));
  const flags = noSuid | noDevices | noExec;
  mounts.mount({ type: 'tmpfs', source: 'shm', target: join(directory, 'shm'), flags, data: 'mode=1777,size=64m' });
  tolerating(['EPERM', 'ENODEV', 'EACCES'], () =>
    mounts.mount({ type: 'mqueue', target: join(directory, 'mqueue'), flags }),
  );
}

/** Users may not make devices: theirs are the machine's, which they may not change either. */
function deviceToBind(
  { nodes }: Pick<Sys, 'nodes'>,
  fresh: string,
  name: string,
  major: number,
  minor: number,
): string {
  try {
    nodes.device(fresh, 'char', 0o666, major, minor);
    return fresh;
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
    return `/dev/${name}`;
  }
}

function mountTerminals({ mounts }: Pick<Sys, 'mounts'>, target: string): void {
  const data = 'newinstance,ptmxmode=0666,mode=0620';
  const flags = noSuid | noExec;
  try {
    mounts.mount({ type: 'devpts', target, flags, data: `${data},gid=5` });
  } catch (error) {
    // With a single id there is no group of terminals.
    if (codeOf(error) !== 'EINVAL') throw error;
    mounts.mount({ type: 'devpts', target, flags, data });
  }
}

/** Goes on where the machine does not allow something that steps can live without. */
export function tolerating(codes: readonly string[], call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
    return false;
  }
}
