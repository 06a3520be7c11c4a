import { hookTable, originOf, type HookTiming, type Plugin } from '../../core/index.ts';
import type { Run } from '../command.ts';
import { lastHookTimes } from '../hook-times.ts';
import { packageOf } from '../package-of.ts';
import { usageProblem } from '../usage.ts';
import { openSession } from '../session.ts';

interface PluginFacts {
  readonly name: string;
  /** The layer that brought it. */
  readonly from: string;
  /** `name@version` of the package it is in; absent where the config itself holds it. */
  readonly package?: string;
  readonly enforce?: string;
  readonly offers: readonly string[];
  readonly taps: readonly string[];
  /** What the taps took in the last build of this project. */
  readonly times: readonly Omit<HookTiming, 'plugin'>[];
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
  const unknown = invocation.words.find((name) => !plugins.some((plugin) => plugin.name === name));
  if (unknown !== undefined) throw usageProblem(invocation, `There is no plugin "${unknown}" here.`);
  const asked = plugins.filter(({ name }) => invocation.words.length === 0 || invocation.words.includes(name));
  const times = lastHookTimes(session.place.dir, cli.host.env);
  const facts = asked.map((plugin): PluginFacts => {
    const inPackage = packageOf(originOf(plugin)?.file);
    return {
      name: plugin.name,
      from: session.config.plugins.find((traced) => traced.plugin === plugin)?.layer ?? '',
      ...(inPackage !== undefined && { package: inPackage }),
      ...(plugin.enforce && { enforce: plugin.enforce }),
      offers: offersOf(plugin),
      taps: taps.get(plugin.name) ?? [],
      times: [...new Set(taps.get(plugin.name))].flatMap((hook) =>
        times
          .filter((one) => one.plugin === plugin.name && one.hook === hook)
          .map(({ calls, ms }) => ({ hook, calls, ms })),
      ),
    };
  });
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

const factText = ({ name, from, package: inPackage, enforce, offers, taps, times }: PluginFacts): string =>
  [
    `${name}  (${from}${enforce === undefined ? '' : `, ${enforce}`})`,
    ...(inPackage === undefined ? [] : [`  in ${inPackage}`]),
    ...(offers.length > 0 ? [`  offers ${offers.join(', ')}`] : []),
    ...(taps.length > 0 ? [`  taps ${[...new Set(taps)].join(', ')}`] : []),
    ...(times.length > 0 ? [`  took ${times.map(timeText).join(', ')} in the last build`] : []),
    '',
  ].join('\n');

const timeText = ({ hook, calls, ms }: Omit<HookTiming, 'plugin'>): string =>
  `${ms.toFixed(1)} ms in ${hook}${calls === 1 ? '' : ` (${calls} calls)`}`;

function hooksText(): string {
  const rows = Object.entries(hookTable);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, { shape, about }]) => `${name.padEnd(width)}  ${shape.padEnd(7)}  ${about}\n`).join('');
}
