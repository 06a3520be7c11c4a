/** `npm run bench [workload…]`: strake beside Debian's buildah, by turns, in one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missingNeed } from '../test/support/needs.ts';
import { checkout } from '../test/support/checkout.ts';
import { run } from '../test/support/process.ts';
import { floorLines, measureFloors } from './floors.ts';
import { helpLines, measureHelp } from './help.ts';
import { httpsContextLines, measureHttpsContext } from './https-context.ts';
import { machineFacts } from './machine.ts';
import { buildah } from './peers/buildah.ts';
import { strake } from './peers/strake.ts';
import { reportLines, verdicts } from './report.ts';
import { measureMemory, memoryLines } from './memory.ts';
import { openSession } from './session.ts';
import { measureS3Context, s3ContextLines } from './s3-context.ts';
import { chosen, workloads } from './workloads.ts';

const usage = `npm run bench [-- options] [workload…]

Workloads, by the beginnings of their names; all when none is given:
${[
  ...workloads.map(({ id, title }) => [id, title]),
  ['floors', 'cp, tar, gzip, curl on the same data'],
  ['help', 'strake --help over bare node'],
  ['https-context', 'a context from a web server over TLS, beside curl | tar x'],
  ['s3-context', 'a context of 1 GiB from S3, beside curl | tar x from the same server'],
  ['memory', 'strake’s memory with a context of 2 GB, as one file and as 200,000'],
]
  .map(([id, title]) => `  ${id!.padEnd(14)} ${title}`)
  .join('\n')}

  --rounds N    runs of each builder (3)
  --only NAME   strake or buildah alone
  --patience S  seconds to wait for a quiet machine before each run (20)
  --help`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    patience: { type: 'string', default: '20' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) {
  console.log(usage);
} else {
  const missing = await missingNeed(['linux', 'root', 'mounts', 'buildah', 'docker-registry', 'curl', 'openssl']);
  if (missing !== undefined) {
    console.error(`The bench cannot run: ${missing}.`);
    process.exitCode = 1;
  } else await bench(positionals);
}

/** What is mounted goes, also when we are stopped. */
function stoppable(): AbortController {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  }
  return stop;
}

async function bench(words: readonly string[]): Promise<void> {
  const wants = (name: string): boolean => words.length === 0 || words.some((word) => name.startsWith(word));
  const stop = stoppable();
  const patience = Number(values.patience);
  const asked = chosen(words);
  if (asked.length === 0 && !['floors', 'help', 'https-context', 's3-context', 'memory'].some(wants))
    throw new Error(usage);
  await using session = await openSession({ patience, signal: stop.signal });
  const print = (lines: readonly string[]): void => console.log(lines.join('\n'));
  const peers = [strake(session.scratch), buildah].filter(({ name }) => (values.only ?? name) === name);
  const machine = await machineFacts(session.scratch);
  const versions = Object.fromEntries([
    ...(await Promise.all(peers.map(async (peer) => [peer.name, await peer.version()]))),
    ['registry', (await run(['docker-registry', '--version'])).stdout.trim()],
  ]) as Record<string, string>;
  print([
    `${machine.system}, Linux ${machine.kernel}, ${machine.cores} × ${machine.cpu}, stores on ${machine.fileSystem}`,
    ...Object.entries(versions).map(([name, version]) => `${name}: ${version}`),
  ]);
  const results: Record<string, unknown> = {};
  for (const workload of asked) {
    const samples = await session.compare(workload, peers, Number(values.rounds));
    print(reportLines(workload, samples));
    const [ours = [], theirs = []] = ['strake', 'buildah'].map((name) => samples.get(name));
    const targets = ours.length === 0 ? [] : verdicts(ours, theirs, workload.target);
    results[workload.id] = { ...Object.fromEntries(samples), targets };
  }
  if (wants('floors')) {
    const floors = await measureFloors(session);
    print(floorLines(floors));
    results['floors'] = floors;
  }
  if (wants('help') && values.only !== 'buildah') {
    const help = await measureHelp(session.scratch, patience);
    print(helpLines(help));
    results['help'] = help;
  }
  if (wants('https-context') && values.only !== 'buildah') {
    const rounds = Number(values.rounds);
    const contexts = await measureHttpsContext({ scratch: session.scratch, rounds, patience, signal: stop.signal });
    print(httpsContextLines(contexts));
    results['https-context'] = contexts;
  }
  if (wants('s3-context') && values.only !== 'buildah') {
    const s3Context = await measureS3Context(session.scratch, Number(values.rounds), patience);
    print(s3ContextLines(s3Context));
    results['s3-context'] = s3Context;
  }
  if (wants('memory') && values.only !== 'buildah') {
    const memory = [await measureMemory(1), await measureMemory(200_000)];
    print(memoryLines(memory));
    results['memory'] = memory;
  }
  const file = join(checkout, 'bench/results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  await mkdir(join(checkout, 'bench/results'), { recursive: true });
  await writeFile(file, `${JSON.stringify({ machine, versions, results }, null, 2)}\n`);
  print([`\n${file}`]);
}
