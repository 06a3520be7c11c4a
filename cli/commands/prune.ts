import { pruneStore, usedLayers, type PruneOptions, type Store } from '../../core/index.ts';
import type { Invocation, Run } from '../command.ts';
import { bytesText, countText, parseAge, parseBytes } from '../render/units.ts';
import { openSession, type Session } from '../session.ts';
import { usageProblem } from '../usage.ts';

/** What stays when nobody says how much: enough for the builds of a day. */
const usualKeep = 10e9;
/** Milliseconds an unpacked layer stays unused: a week. */
const usualAge = 7 * 86_400_000;

/** `strake prune` */
export const run: Run = async (invocation, cli) => {
  const options = optionsOf(invocation);
  await using session = await openSession(invocation, cli);
  const store = await session.builder.store();
  const files = await pruneStore(store, options);
  const unpacked = await pruneUnpacked(invocation, session, store);
  const freed = files.bytes + unpacked.bytes;
  const facts = { freed, kept: files.kept, files: files.removed.length, layers: unpacked.layers };
  cli.screen.out(
    invocation.on('json')
      ? `${JSON.stringify(facts, null, 2)}\n`
      : `Freed ${bytesText(freed)} (${countText(facts.files, 'file')}, ${countText(facts.layers, 'unpacked layer')}); ${bytesText(facts.kept)} stay.\n`,
  );
  return 0;
};

function optionsOf(invocation: Invocation): PruneOptions {
  if (invocation.on('all')) return {};
  const keep = invocation.text('keep-storage');
  const age = invocation.text('older-than');
  const keepBytes = keep === undefined ? undefined : parseBytes(keep);
  const maxAge = age === undefined ? undefined : parseAge(age);
  if (keep !== undefined && keepBytes === undefined)
    throw usageProblem(invocation, `--keep-storage is "${keep}"; it must be a size: 10GB.`);
  if (age !== undefined && maxAge === undefined)
    throw usageProblem(invocation, `--older-than is "${age}"; it must be an age: 12h, 7d.`);
  if (maxAge !== undefined) return { maxAge, ...(keepBytes !== undefined && { keepStorage: keepBytes }) };
  return { maxBytes: keepBytes ?? usualKeep };
}

/** Unpacked layers belong to isolations, which know their files. */
async function pruneUnpacked(
  invocation: Invocation,
  { builder, world }: Session,
  store: Store,
): Promise<{ readonly bytes: number; readonly layers: number }> {
  const age = invocation.text('older-than');
  const unused = age === undefined ? usualAge : parseAge(age)!;
  const keep = invocation.on('all') ? [] : usedLayers(store, world.now().getTime() - unused);
  const sum = { bytes: 0, layers: 0 };
  for (const offer of builder.installed.offers.isolations) {
    if (!(await offer.probe(world)).available) continue;
    await using isolation = await offer.open(world, store);
    const gone = await isolation.prune(keep);
    sum.bytes += gone.bytes;
    sum.layers += gone.layers;
  }
  return sum;
}
