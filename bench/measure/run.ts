/** Runs a program and says what it cost: wall time, CPU of the whole tree, memory, and how busy the machine was beside it. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeGroup, type Group } from './cgroup.ts';
import { busySeconds } from './load.ts';
import { samplePss, treeOf } from './memory.ts';

export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of all cores, user and system, of every process of the tree. */
  readonly cpu: number;
  /** Bytes: the largest sampled sum of the tree's PSS. */
  readonly memory: number;
  /** Cores that others kept busy meanwhile, the registry and the measuring among them. */
  readonly otherLoad: number;
}

export interface Measured extends Cost {
  readonly status: number | null;
  readonly output: string;
}

export interface MeasureOptions {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Sample memory every so many milliseconds; 0: not at all. */
  readonly sampleEvery?: number;
  /** Ends the whole tree. */
  readonly signal?: AbortSignal;
}

export async function measure(argv: readonly string[], options: MeasureOptions): Promise<Measured> {
  const id = `strake-bench-${randomUUID()}`;
  const group = makeGroup(id);
  const times = join(tmpdir(), `${id}.times`);
  const command = group === undefined ? timed(times, argv) : joining(group, argv);
  const busyBefore = busySeconds();
  const begun = performance.now();
  const child = spawn(command[0]!, command.slice(1), {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const sampling = options.sampleEvery ?? 100;
  const processes = (): number[] => group?.processes() ?? treeOf(child.pid ?? 0);
  const kill = (): void => {
    for (const id of processes()) {
      try {
        process.kill(id, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  };
  options.signal?.addEventListener('abort', kill, { once: true });
  const sampler = sampling === 0 ? undefined : samplePss(processes, sampling);
  let output = '';
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-100_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    const wall = (performance.now() - begun) / 1000;
    if (group !== undefined) await emptied(group);
    const cpu = group === undefined ? waitedSeconds(times) : group.cpu().user + group.cpu().system;
    const otherLoad = Math.max(0, (busySeconds() - busyBefore - cpu) / wall);
    return { status, output, wall, cpu, memory: sampler?.peak() ?? 0, otherLoad };
  } finally {
    options.signal?.removeEventListener('abort', kill);
    sampler?.stop();
    group?.remove();
    rmSync(times, { force: true });
  }
}

/** Runs it in the group from its first instruction on. */
const joining = (group: Group, argv: readonly string[]): string[] =>
  script('echo $$ > "$1" && shift && exec "$@"', [group.procs, ...argv]);

/** Without groups: what the shell's own accounting says of all that was waited for. */
const timed = (file: string, argv: readonly string[]): string[] =>
  script('to="$1"; shift; "$@"; status=$?; times > "$to"; exit $status', [file, ...argv]);

const script = (text: string, args: readonly string[]): string[] => ['sh', '-c', text, 'sh', ...args];

function waitedSeconds(file: string): number {
  const children = readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => {
    return sum + Number(minutes) * 60 + Number(seconds);
  }, 0);
}

/** The last processes of a tree may outlive the first by a moment. */
async function emptied(group: Group): Promise<void> {
  for (let left = 250; left > 0 && group.processes().length > 0; left--) await pause(20);
}
