import { hookTable, type Plugin } from '../../core/index.ts';
import type { Run } from '../command.ts';
import { openSession } from '../session.ts';

interface PluginFacts {
  readonly name: string;
  /** The layer that brought it. */
  readonly from: string;
  readonly enforce?: string;
  readonly offers: readonly string[];
  readonly taps: readonly string[];
}

/** `strake plugins` */
export const run: Run = async (invocation, cli) => {
  const json = invocation.on('json');
  if (invocation.on('hooks')) {
    cli.screen.out(json ? `${JSON.stringify(hookTable, null, 2)}\n` : hooksText());
    return 0;
  }
  await using session = await openSession(invocation, cli);
  const { plugins, taps } = session.builder.installed;
  const facts = plugins.map((plugin): PluginFacts => ({
    name: plugin.name,
    from: session.config.plugins.find((traced) => traced.plugin === plugin)?.layer ?? '',
    ...(plugin.enforce && { enforce: plugin.enforce }),
    offers: offersOf(plugin),
    taps: taps.get(plugin.name) ?? [],
  }));
  cli.screen.out(json ? `${JSON.stringify(facts, null, 2)}\n` : facts.map(factText).join(''));
  return 0;
};

function offersOf(plugin: Plugin): string[] {
  const named = (kind: string, offers: readonly { readonly name: string }[] = []): string[] =>
    offers.map(({ name }) => `${kind} ${name}`);
  return [
    ...(plugin.contexts ?? []).flatMap(({ schemes }) => schemes.map((scheme) => `context ${scheme}`)),
    ...named('images', plugin.images),
    ...named('cache', plugin.caches),
    ...(plugin.cacheTypes ?? []).map(({ type }) => `cache type ${type}`),
    ...named('credentials', plugin.credentials),
    ...(plugin.outputs ?? []).map(({ type }) => `output ${type}`),
    ...named('isolation', plugin.isolations),
  ];
}

const factText = ({ name, from, enforce, offers, taps }: PluginFacts): string =>
  [
    `${name}  (${from}${enforce === undefined ? '' : `, ${enforce}`})`,
    ...(offers.length > 0 ? [`  offers ${offers.join(', ')}`] : []),
    ...(taps.length > 0 ? [`  taps ${taps.join(', ')}`] : []),
    '',
  ].join('\n');

function hooksText(): string {
  const rows = Object.entries(hookTable);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, { shape, about }]) => `${name.padEnd(width)}  ${shape.padEnd(7)}  ${about}\n`).join('');
}
