import { BuildError, type CacheBackend, type CacheBounds, type CacheEntry, type Workshop } from '../../core/index.ts';
import type { Cli, Invocation, Run } from '../command.ts';
import { bytesText, countText, parseAge, parseBytes } from '../render/units.ts';
import { tableText } from '../render/table.ts';
import { openSession } from '../session.ts';
import { usageProblem } from '../usage.ts';

/** `strake cache ls|du|prune` */
export const run: Run = async (invocation, cli) => {
  const task = tasks.get(invocation.words[0] ?? '');
  if (!task) throw usageProblem(invocation, `Say what to do with the caches: ${[...tasks.keys()].join(', ')}.`);
  await using session = await openSession(invocation, cli);
  const workshop = await session.builder.workshop();
  await using _ = workshop.scope;
  return task(invocation, cli, workshop);
};

type Task = (invocation: Invocation, cli: Cli, workshop: Workshop) => Promise<number>;

/** A layer of a cache, and the step it is of: both keys of a step lead to it. */
interface Listed {
  readonly step: string;
  readonly digest: string;
  readonly size: number;
  /** RFC 3339 */
  readonly created: string;
  /** RFC 3339 */
  readonly used: string;
}

interface CacheFacts {
  readonly cache: string;
  readonly layers: readonly Listed[];
  readonly records: number;
  readonly bytes: number;
}

const list: Task = async (invocation, { screen }, workshop) => {
  const { facts, failed } = await look(workshop, screen);
  if (invocation.on('json')) screen.out(json(facts.map(({ cache, layers }) => ({ cache, layers }))));
  else {
    const rows = facts.flatMap(({ cache, layers }) =>
      layers.map(({ step, digest, size, used }) => [
        cache,
        digest.slice(7, 19),
        bytesText(size),
        used.slice(0, 10),
        step.replace(/\s+/g, ' '),
      ]),
    );
    screen.out(
      rows.length === 0
        ? 'The caches are empty.\n'
        : tableText([['CACHE', 'LAYER', 'SIZE', 'USED', 'STEP'], ...rows], { lastWidth: 80 }),
    );
  }
  return failed ? 1 : 0;
};

const size: Task = async (invocation, { screen }, workshop) => {
  const { facts, failed } = await look(workshop, screen);
  const sums = facts.map(({ cache, layers, records, bytes }) => ({ cache, layers: layers.length, records, bytes }));
  const rows = sums.map(({ cache, layers, records, bytes }) => [cache, `${layers}`, `${records}`, bytesText(bytes)]);
  screen.out(invocation.on('json') ? json(sums) : tableText([['CACHE', 'LAYERS', 'KEYS', 'SIZE'], ...rows]));
  return failed ? 1 : 0;
};

const prune: Task = async (invocation, { screen }, workshop) => {
  const bounds = boundsOf(invocation);
  const pruned: { cache: string; removed: number; bytes: number; kept: number }[] = [];
  const failed = await each(workshop, screen, async (cache) => {
    const result = await cache.prune?.(bounds, workshop);
    if (result) pruned.push({ cache: cache.name, ...result });
  });
  screen.out(
    invocation.on('json')
      ? json(pruned)
      : pruned
          .map(
            ({ cache, removed, bytes, kept }) =>
              `${cache}: ${countText(removed, 'layer')} gone (${bytesText(bytes)}); ${bytesText(kept)} stay.\n`,
          )
          .join(''),
  );
  return failed ? 1 : 0;
};

const tasks: ReadonlyMap<string, Task> = new Map([
  ['ls', list],
  ['du', size],
  ['prune', prune],
]);

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** One cache after another; what one of them fails with is told, and the others are done all the same. */
async function each(
  { offers }: Workshop,
  screen: Cli['screen'],
  work: (cache: CacheBackend) => Promise<void>,
): Promise<boolean> {
  let failed = false;
  for (const cache of offers.caches) {
    try {
      await work(cache);
    } catch (error) {
      if (!BuildError.is(error)) throw error;
      failed = true;
      screen.err(`${cache.name}: ${error.message}\n`);
    }
  }
  return failed;
}

async function look(
  workshop: Workshop,
  screen: Cli['screen'],
): Promise<{ readonly facts: readonly CacheFacts[]; readonly failed: boolean }> {
  const facts: CacheFacts[] = [];
  const failed = await each(workshop, screen, async (cache) => {
    const entries = await cache.list?.(workshop);
    if (entries) facts.push(factsOf(cache.name, entries));
  });
  return { facts, failed };
}

function factsOf(cache: string, entries: readonly CacheEntry[]): CacheFacts {
  const layers = new Map<string, Listed>();
  for (const { record, used } of entries.toSorted((a, b) => a.used - b.used)) {
    const { digest, size } = record.layer.descriptor;
    layers.set(digest, {
      step: record.step,
      digest,
      size,
      created: record.created,
      used: new Date(used).toISOString(),
    });
  }
  const all = [...layers.values()].sort((a, b) => (a.used === b.used ? 0 : a.used < b.used ? 1 : -1));
  return { cache, layers: all, records: entries.length, bytes: all.reduce((sum, one) => sum + one.size, 0) };
}

function boundsOf(invocation: Invocation): CacheBounds {
  const keep = invocation.text('keep-storage');
  const age = invocation.text('older-than');
  const maxBytes = keep === undefined ? undefined : parseBytes(keep);
  const maxUnused = age === undefined ? undefined : parseAge(age);
  if (keep !== undefined && maxBytes === undefined)
    throw usageProblem(invocation, `--keep-storage is "${keep}"; it must be a size: 10GB.`);
  if (age !== undefined && maxUnused === undefined)
    throw usageProblem(invocation, `--older-than is "${age}"; it must be an age: 12h, 7d.`);
  if (!invocation.on('all') && maxBytes === undefined && maxUnused === undefined)
    throw usageProblem(invocation, 'Say how much stays: --keep-storage 10GB, --older-than 7d, or --all for nothing.');
  return {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxUnused !== undefined && { maxUnused }),
  };
}
