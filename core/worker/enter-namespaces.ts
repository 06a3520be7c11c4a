import type { WorkerRank } from './protocol.ts';

/**
 * The programs that bring the worker into namespaces of its own and see to it that it ends with whoever started it
 * (setpriv(1), unshare(1)). Host name and IPC are there so that the worker owns all that its threads leave and enter.
 */
export function enterNamespaces(rank: WorkerRank): readonly string[] {
  const ids = { root: [], user: ['--user', '--map-auto', '--map-root-user'], single: ['--user', '--map-root-user'] };
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    ...ids[rank],
    '--mount',
    '--uts',
    '--ipc',
    '--propagation',
    'private',
    '--',
  ];
}
