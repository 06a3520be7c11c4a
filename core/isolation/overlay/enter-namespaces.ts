import { execFile, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { problem } from '../../base/errors.ts';
import type { IdMaps, IdRange } from './id-maps.ts';

/** How a process gets to a place where it may mount. */
export type Entrance =
  /** Root of the machine, or of a container that lets it. */
  | { readonly rank: 'root' }
  /** In a user namespace with many ids. */
  | { readonly rank: 'user'; readonly ids: IdMaps }
  /** In a user namespace with the user's own id, as root's. */
  | { readonly rank: 'single' };

export interface InsideOptions {
  readonly path: string;
  /** The fourth one, descriptor 3, is a pipe; the third one may be. */
  readonly stdio: StdioOptions;
}

/** Ids come first: what a user namespace is left without, no program in it gets back. */
const waiting = 'echo >&3; read go <&3; exec "$@"';

/**
 * Starts a program in namespaces of its own, owned by a user namespace where it takes one. The kernel kills it when the
 * thread that calls this ends (setpriv(1)). Host name and IPC are there so that it may leave and enter such itself.
 */
export async function spawnInside(
  entrance: Entrance,
  argv: readonly string[],
  { path, stdio }: InsideOptions,
): Promise<ChildProcess> {
  const options = ['--mount', '--uts', '--ipc', '--propagation', 'private', '--'];
  const users = { root: [], user: ['--user'], single: ['--user', '--map-root-user'] }[entrance.rank];
  const gate = entrance.rank === 'user' ? ['sh', '-c', waiting, 'sh'] : [];
  const args = ['--pdeathsig', 'KILL', 'unshare', ...users, ...options, ...gate, ...argv];
  const child = spawn('setpriv', args, { env: { PATH: path }, stdio });
  await once(child, 'spawn');
  if (entrance.rank === 'user') await giveIds(child, entrance.ids, path);
  return child;
}

async function giveIds(child: ChildProcess, ids: IdMaps, path: string): Promise<void> {
  const gate = child.stdio[3] as Duplex;
  gate.on('error', () => {});
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const failed = once(child, 'close').then(() => false);
  const isThere = await Promise.race([once(gate, 'data').then(() => true), failed.catch(() => false)]);
  try {
    if (!isThere) throw new Error(complaint.trim() || 'unshare ended without a word');
    await writeMap(child.pid!, 'uid', ids.uids, ids.by, path);
    await writeMap(child.pid!, 'gid', ids.gids, ids.by, path);
  } catch (error) {
    child.kill('SIGKILL');
    const reason =
      (error as { stderr?: string }).stderr?.trim() || (error instanceof Error ? error.message : String(error));
    throw problem('NAMESPACE_REFUSED', { reason }, {}, { cause: error });
  }
  gate.write('\n');
}

const run = promisify(execFile);

async function writeMap(
  pid: number,
  kind: 'uid' | 'gid',
  ranges: readonly IdRange[],
  by: IdMaps['by'],
  path: string,
): Promise<void> {
  const lines = ranges.map(({ inside, outside, count }) => [inside, outside, count].map(String));
  if (by === 'helpers') await run(`new${kind}map`, [String(pid), ...lines.flat()], { env: { PATH: path } });
  else writeFileSync(`/proc/${pid}/${kind}_map`, lines.map((line) => `${line.join(' ')}\n`).join(''));
}
