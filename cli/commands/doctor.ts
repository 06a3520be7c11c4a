import {
  doctorStore,
  storeFolder,
  type BuildError,
  type IsolationProbe,
  type IsolationTraits,
} from '../../core/index.ts';
import type { Run } from '../command.ts';
import { styleFor, wantsColour, type Style } from '../render/style.ts';
import { openSession } from '../session.ts';

interface Examined {
  readonly name: string;
  readonly traits: IsolationTraits;
  readonly probe: IsolationProbe;
}

/** `strake doctor`: status 0 when images can be built here, with RUN or without. */
export const run: Run = async (invocation, cli) => {
  await using session = await openSession(invocation, cli);
  const { world, builder } = session;
  const isolations: Examined[] = [];
  for (const offer of builder.installed.offers.isolations) {
    const probe = await offer.probe(world);
    isolations.push({ name: offer.name, traits: probe.traits ?? offer.traits, probe });
  }
  const folder = storeFolder(world.env, world.home);
  const store = await doctorStore(folder);
  const works = isolations.some(({ probe }) => probe.available);
  const node = `${cli.host.versions.node} (${cli.host.arch})`;
  if (invocation.on('json')) {
    const findings = store.map(({ code, message, hint }) => ({ code, message, hint }));
    cli.screen.out(
      `${JSON.stringify({ strake: cli.version, node, store: { folder, findings }, isolations }, null, 2)}\n`,
    );
  } else {
    const style = styleFor(wantsColour(cli.screen.outIsTerminal, cli.host.env));
    cli.screen.out(
      [
        `strake ${cli.version} on Node ${node}, ${world.uid === 0 ? 'as root' : `as user ${world.uid}`}`,
        '',
        ...storeLines(folder, store, style),
        '',
        ...isolationLines(isolations, style),
        '',
      ].join('\n'),
    );
  }
  return works && !store.some(isSerious) ? 0 : 1;
};

/** A slow place is worth a word; one that cannot hold anything ends every build. */
const isSerious = ({ code }: BuildError): boolean => !/_ON_(NFS|OVERLAY)$/.test(code);

function storeLines(folder: string, findings: readonly BuildError[], style: Style): string[] {
  const good = findings.length === 0;
  return [
    `${good ? style.green('✓') : findings.some(isSerious) ? style.red('✗') : style.yellow('!')} store  ${folder}`,
    ...findings.flatMap(({ message, hint }) => [`    ${message}`, ...(hint === undefined ? [] : [`    → ${hint}`])]),
  ];
}

/** From the top of the ladder; the first that works is the one a build takes. */
function isolationLines(isolations: readonly Examined[], style: Style): string[] {
  const taken = isolations.find(({ probe }) => probe.available);
  const width = Math.max(0, ...isolations.map(({ name }) => name.length));
  return isolations.flatMap((examined) => {
    const { name, probe } = examined;
    const mark = probe.available ? style.green('✓') : style.red('✗');
    const state = probe.available ? `${probe.mode}${traitsText(examined)}` : 'not available';
    return [
      `${mark} ${name.padEnd(width)}  ${state}${examined === taken ? style.bold('  ← builds use this one') : ''}`,
      ...probe.findings.map((finding) => `    ${finding}`),
      ...probe.enable.map((step) => `    → ${step}`),
    ];
  });
}

function traitsText({ traits }: Examined): string {
  const words = [
    ...(traits.runs ? [] : ['no RUN']),
    ...(traits.exact ? [] : ['owners are not kept exactly']),
    ...(traits.exclusive ? ['one stage at a time'] : []),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
