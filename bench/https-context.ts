/** A context from a web server over TLS, beside `curl | tar x` of the same archive from the same server. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../test/support/process.ts';
import { startWebServer, type WebServer } from '../test/support/servers/web-server.ts';
import { cleanEnv } from '../test/support/process.ts';
import { cachedDirectory } from '../test/support/cache.ts';
import { writeSmallFiles } from './data/contexts.ts';
import { freshDisk } from './disk.ts';
import { calm } from './measure/load.ts';
import { measure, type Cost } from './measure/run.ts';
import { strake } from './peers/strake.ts';
import { cells } from './report.ts';
import { spread, spreadText } from './statistics.ts';
import { bigFile, manyFiles } from './workloads.ts';

/** Of the speed of `curl | tar x`, at least. */
const least = 0.8;

export interface HttpsContextOptions {
  readonly scratch: string;
  readonly rounds: number;
  readonly patience: number;
  readonly signal: AbortSignal;
}

export interface HttpsContextResult {
  readonly title: string;
  readonly strake: readonly Cost[];
  readonly peer: readonly Cost[];
  /** Of wall times: 1 is as fast, more is faster. */
  readonly speed: number;
  readonly met: boolean;
}

interface Archive {
  readonly title: string;
  readonly name: string;
  readonly folders: readonly string[];
}

export async function measureHttpsContext(options: HttpsContextOptions): Promise<HttpsContextResult[]> {
  await using web = await startWebServer();
  const small = await cachedDirectory('bench-small-files-1', async (draft) => writeSmallFiles(draft));
  const archives: readonly Archive[] = [
    {
      title: '1.3 GB: one file of 1 GiB and 20,000 files',
      name: 'mixed.tar',
      folders: [await bigFile(), await manyFiles()],
    },
    { title: '200,000 files of 500 bytes', name: 'small.tar', folders: [small] },
  ];
  // COPY takes a single file: what is measured is that the context comes, not that a layer is made of it.
  const dockerfile = join(options.scratch, 'https-context');
  await mkdir(dockerfile);
  await writeFile(join(dockerfile, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  const results: HttpsContextResult[] = [];
  for (const { title, name, folders } of archives) {
    const parts = [dockerfile, ...folders].flatMap((folder) => ['-C', folder, '.']);
    await run(['tar', 'cf', join(web.root, name), ...parts]);
    results.push({ title, ...(await compare(web, name, options)) });
  }
  return results;
}

async function compare(web: WebServer, name: string, options: HttpsContextOptions) {
  const costs: { strake: Cost[]; peer: Cost[] } = { strake: [], peer: [] };
  for (let round = 0; round < options.rounds; round++) {
    costs.strake.push(
      await once(`strake-${name}-${round}`, options, (directory) => ours(web, name, directory, options)),
    );
    costs.peer.push(await once(`curl-${name}-${round}`, options, (directory) => theirs(web, name, directory)));
  }
  const [own, other] = [costs.strake, costs.peer].map((list) => spread(list.map(({ wall }) => wall)).median) as [
    number,
    number,
  ];
  return { ...costs, speed: other / own, met: other / own >= least };
}

interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function once(
  label: string,
  { scratch, patience, signal }: HttpsContextOptions,
  command: (directory: string) => Promise<Command>,
): Promise<Cost> {
  await using disk = await freshDisk(join(scratch, label));
  const { argv, env } = await command(disk.path);
  await run(['sync']);
  await calm(patience);
  signal.throwIfAborted();
  const { status, output, ...cost } = await measure(argv, { env, cwd: disk.path, signal });
  if (status !== 0) throw new Error(`${argv.join(' ')}\nended with status ${status}\n${output}`);
  return cost;
}

async function ours(
  web: WebServer,
  name: string,
  directory: string,
  { scratch }: HttpsContextOptions,
): Promise<Command> {
  const store = await strake(scratch).openStore(directory);
  const { argv, env } = store.build({ context: `${web.url}/${name}`, dockerfile: 'Dockerfile', destination: '' });
  // As published, but to a folder: no registry takes part.
  const words = argv.filter((word) => !/^--(?:tag|push|file)/.test(word));
  return { argv: [...words, '-o', 'type=local,dest=out'], env: { ...env, SSL_CERT_FILE: web.authority.caFile } };
}

async function theirs(web: WebServer, name: string, directory: string): Promise<Command> {
  await mkdir(join(directory, 'tree'));
  const script = `curl -fsS --cacert ${web.authority.caFile} ${web.url}/${name} | tar x -C tree`;
  return { argv: ['sh', '-ec', script], env: cleanEnv() };
}

export const httpsContextLines = (results: readonly HttpsContextResult[]): string[] =>
  results.flatMap(({ title, speed, met, ...costs }) => [
    `\nhttps-context: ${title}`,
    cells(['', 'wall s', 'CPU s', 'peak PSS MB']),
    row('strake', costs.strake),
    row('curl | tar x', costs.peer),
    `  target: at least ${least}× the speed of curl | tar x; ${speed.toFixed(2)}×: ${met ? 'met' : 'NOT MET'}`,
  ]);

const row = (name: string, costs: readonly Cost[]): string =>
  cells([
    name.padEnd(13),
    spreadText(spread(costs.map(({ wall }) => wall))),
    spreadText(spread(costs.map(({ cpu }) => cpu))),
    (spread(costs.map(({ memory }) => memory)).most / 1e6).toFixed(0),
  ]);
