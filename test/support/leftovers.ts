/** Looks for what a program left behind: processes, mounts, files. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mountsUnder } from './temp-dir.ts';
import { waitFor } from './wait.ts';

export interface Traces {
  /** A text that stands in the environment or the arguments of every process in question. */
  readonly marker?: string;
  /** No process may be at work in these directories, and nothing may be mounted in them. */
  readonly directories?: readonly string[];
  /** These directories must be empty, or gone. */
  readonly emptied?: readonly string[];
}

/** One line for each thing that is left. */
export async function findLeftovers(traces: Traces): Promise<string[]> {
  const found = await leftProcesses(traces);
  for (const directory of traces.directories ?? []) {
    for (const point of await mountsUnder(directory)) found.push(`mount ${point}`);
  }
  for (const directory of traces.emptied ?? []) {
    for (const name of await readdir(directory).catch(() => [])) found.push(`file ${join(directory, name)}`);
  }
  return found;
}

/** Fails when something is left after `patience` milliseconds; the kernel takes a moment to end a process tree. */
export async function assertNothingLeft(traces: Traces, patience = 3000): Promise<void> {
  let found: string[] = [];
  try {
    await waitFor(
      'nothing to be left',
      async () => {
        found = await findLeftovers(traces);
        return found.length === 0 ? true : undefined;
      },
      patience,
    );
  } catch {
    throw new Error(`left behind:\n${found.join('\n')}`);
  }
}

async function leftProcesses(traces: Traces): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const why = await traceOf(join('/proc', name), traces);
    if (why !== undefined) found.push(`process ${name} (${await commandLine(join('/proc', name))}): ${why}`);
  }
  return found;
}

async function traceOf(directory: string, traces: Traces): Promise<string | undefined> {
  // A process may end while we look at it, and a dead one that nobody waited for has no files left.
  const text = async (name: string): Promise<string> => readFile(join(directory, name), 'latin1').catch(() => '');
  const target = async (name: string): Promise<string> => readlink(join(directory, name)).catch(() => '');
  if (traces.marker !== undefined) {
    if ((await text('environ')).includes(traces.marker)) return 'the marker is in its environment';
    if ((await text('cmdline')).includes(traces.marker)) return 'the marker is in its arguments';
  }
  for (const place of traces.directories ?? []) {
    const inside = (path: string): boolean => path === place || path.startsWith(`${place}/`);
    for (const link of ['cwd', 'root', 'exe']) if (inside(await target(link))) return `its ${link} is in ${place}`;
    if (foreign(await text('mountinfo'), place)) return `${place} is mounted in its namespace`;
  }
  return undefined;
}

/** Does a mount table of another process name the directory, as a mount point or as what an overlay is made of? */
function foreign(mountinfo: string, place: string): boolean {
  const starts = [` ${place}`, `=${place}`, `:${place}`];
  return starts.some((start) => mountinfo.includes(`${start}/`) || mountinfo.includes(`${start} `));
}

async function commandLine(directory: string): Promise<string> {
  const words = await readFile(join(directory, 'cmdline'), 'latin1').catch(() => '');
  return words.split('\0').join(' ').trim().slice(0, 200);
}
