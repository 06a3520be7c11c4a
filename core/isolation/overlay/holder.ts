import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { problem } from '../../base/errors.ts';
import { boundingSet } from './capabilities.ts';

/**
 * The first process of a step's pid namespace. It owns the namespaces the step is put into, takes in processes whose
 * parents have ended, and does nothing else. When it ends, the kernel ends everything in the namespace.
 */
export interface Holder {
  readonly pid: number;
  /** Kills it, and with it all that runs in its namespace; resolves when nothing is left. */
  end(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

export interface HolderOptions {
  /** Where it mounts its /proc; absent: none is mounted. */
  readonly proc?: string;
  /** A program that reads its input to the end, on a mount that nobody can write through. */
  readonly waiter: string;
  readonly path: string;
}

/** Children that end are nobody's to wait for: with SIGCHLD ignored the kernel clears them away (wait(2)). */
const script = 'trap "" CHLD; exec "$1"';

/** Starts one; ready when its program runs, since the root may be taken from under it from then on. */
export async function startHolder({ proc, waiter, path }: HolderOptions): Promise<Holder> {
  const argv = [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    '--pid',
    '--fork',
    '--kill-child',
    ...(proc === undefined ? ['--mount'] : [`--mount-proc=${proc}`]),
    '--',
    'setpriv',
    // What a step may do, so that it may look at its first process as it would at one of its own.
    `--bounding-set=${boundingSet}`,
    '--inh-caps=-all',
    '--',
    'sh',
    '-c',
    script,
    'sh',
    waiter,
  ];
  const child = spawn(argv[0]!, argv.slice(1), { env: { PATH: path }, cwd: '/', stdio: 'pipe', detached: true });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString('latin1')));
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      complaint += error.message;
      resolve();
    });
  });
  // The waiter gives back what it reads: then it runs, all of it loaded.
  child.stdin.write('.');
  const started = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!started) throw problem('STEP_TREE_UNUSABLE', { reason: complaint.trim() || 'unshare ended without a word' });
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid!, end, ended };
}
