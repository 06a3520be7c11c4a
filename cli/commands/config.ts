import { describeConfig, why, type ResolvedConfig, type Why } from '../../core/index.ts';
import type { Run } from '../command.ts';
import { openSession } from '../session.ts';

/** `strake config` */
export const run: Run = async (invocation, cli) => {
  await using session = await openSession(invocation, cli);
  const path = invocation.text('why');
  const json = invocation.on('json');
  if (path === undefined) cli.screen.out(json ? jsonText(describeConfig(session.config)) : configText(session.config));
  else {
    const traced = why(path, session.config);
    cli.screen.out(json ? jsonText(traced) : whyText(traced));
  }
  return 0;
};

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const valueText = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);

function configText(config: ResolvedConfig): string {
  const { file, plugins, settings, images } = describeConfig(config);
  const block = (name: string, values: Readonly<Record<string, unknown>>): string[] => [
    name,
    ...Object.entries(values).map(([key, value]) => `  ${key}: ${valueText(value)}`),
  ];
  const blocks = [
    [file ?? 'no config'],
    ...(Object.keys(settings).length > 0 ? [block('settings', settings)] : []),
    ...Object.entries(images).map(([name, values]) => block(`images.${name}`, values)),
    ['plugins', ...plugins.map(({ name, from }) => `  ${name} (${from})`)],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function whyText({ path, about, chain }: Why): string {
  const rows = chain.map(
    ({ layer, path: at, value }) => [at === '' ? layer : `${layer}, ${at}`, valueText(value)] as const,
  );
  const width = Math.max(0, ...rows.map(([from]) => from.length));
  const lines = rows.map(([from, value]) => `  ${from.padEnd(width)}  ${value}`);
  return `${[`${path}: ${about}`, ...(lines.length > 0 ? lines : ['  nobody says anything about it'])].join('\n')}\n`;
}
