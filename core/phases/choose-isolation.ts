import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { Scope } from '../base/scope.ts';
import type { Isolation, IsolationOffer } from '../contract/isolation.ts';
import type { Store } from '../contract/store.ts';
import type { IsolationChoice } from '../contract/workshop.ts';
import type { World } from '../contract/world.ts';

type Chosen = Awaited<ReturnType<IsolationChoice['choose']>>;

/**
 * The highest isolation that works here, or the one asked for, whose name is wrong at once or never; probed once, opened
 * when first needed.
 */
export function chooseIsolation(
  offers: readonly IsolationOffer[],
  asked: string | undefined,
  world: World,
  store: Store,
  scope: Scope,
): IsolationChoice {
  const wanted = asked === undefined ? undefined : named(offers, asked);
  let choice: Promise<Chosen> | undefined;
  let opened: Promise<Isolation> | undefined;
  const choose = (): Promise<Chosen> =>
    (choice ??= wanted === undefined ? highest(offers, world) : theOne(wanted, world));
  const open = async (): Promise<Isolation> => {
    const chosen = await choose();
    const isolation = await chosen.offer.open(world, store);
    scope.use(isolation);
    return isolation;
  };
  return { choose, open: () => (opened ??= open()) };
}

async function highest(offers: readonly IsolationOffer[], world: World): Promise<Chosen> {
  const reasons: string[] = [];
  for (const offer of offers) {
    const probe = await offer.probe(world);
    const traits = probe.traits ?? offer.traits;
    if (probe.available) {
      world.report({ type: 'isolation', name: offer.name, why: probe.mode });
      return { offer, mode: probe.mode, exact: traits.exact, runs: traits.runs, reasons };
    }
    reasons.push(...probe.findings.map((finding) => `${offer.name}: ${finding}`));
    reasons.push(...probe.enable.map((step) => `  → ${step}`));
  }
  throw problem('ISOLATION_NONE', { reasons });
}

function named(offers: readonly IsolationOffer[], name: string): IsolationOffer {
  const offer = offers.find((candidate) => candidate.name === name);
  const known = offers.map((candidate) => candidate.name);
  if (!offer) throw problem('ISOLATION_UNKNOWN', { name, known, ...suggestion(name, known) });
  return offer;
}

async function theOne(offer: IsolationOffer, world: World): Promise<Chosen> {
  const { name } = offer;
  const probe = await offer.probe(world);
  if (!probe.available)
    throw problem('ISOLATION_UNAVAILABLE', { name, findings: probe.findings, enable: probe.enable });
  const traits = probe.traits ?? offer.traits;
  world.report({ type: 'isolation', name, why: `${probe.mode}, as asked` });
  return { offer, mode: probe.mode, exact: traits.exact, runs: traits.runs, reasons: [] };
}

const suggestion = (name: string, known: readonly string[]): { nearest?: string } => {
  const near = nearest(name, known);
  return near === undefined ? {} : { nearest: near };
};
