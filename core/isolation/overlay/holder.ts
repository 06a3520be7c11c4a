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
  /** A shell and a program that copies its input, on mounts that nobody can write through. */
  readonly shell: string;
  readonly copier: string;
  readonly path: string;
}

/**
 * A shell that waits clears away every child that ends, its own and those it took in (wait(2)); the other program keeps
 * it waiting, and says that both are loaded: they lose sight of their files when the root is taken from under them.
 */
const script = 'exec 3<&0; "$1" <&3 & wait';

/** Starts one; ready when its program runs, since the root may be taken from under it from then on. */
export async function startHolder({ proc, shell, copier, path }: HolderOptions): Promise<Holder> {
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
    shell,
    '-c',
    script,
    'sh',
    copier,
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
  child.stdin.write('.');
  const started = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!started) throw problem('STEP_TREE_UNUSABLE', { reason: complaint.trim() || 'unshare ended without a word' });
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid!, end, ended };
}
