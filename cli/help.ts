import type { Command, Flag } from './command.ts';
import { helpFlag } from './flags.ts';

/** `strake help`: what there is. */
export function helpText(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `strake ${version} builds container images without a daemon.`,
    '',
    'Usage: strake <command> [flags]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'strake <command> --help explains a command.',
    'A first build: strake build . -t hello && strake run hello',
    '',
  ].join('\n');
}

/** `strake build --help` */
export function commandHelp(command: Command): string {
  return [
    `${command.summary}.`,
    '',
    `Usage: strake ${command.usage}`,
    ...(command.about ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, 80)]),
    '',
    ...flagLines([...command.flags, helpFlag]),
    ...(command.flags.some(({ many }) => many) ? ['', 'Flags with … may be given several times.'] : []),
    ...(command.examples ? ['', ...command.examples.map((example) => `  strake ${example}`)] : []),
    '',
  ].join('\n');
}

/** `-f, --file PATH`; with dots behind what may be given several times. */
export const flagText = ({ short, name, value, many }: Flag): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}${many ? '…' : ''}`;

function flagLines(flags: readonly Flag[]): string[] {
  const width = Math.min(34, Math.max(...flags.map((flag) => flagText(flag).length)));
  return flags.flatMap((flag) => {
    const text = flagText(flag);
    const about = wrap(aboutText(flag), 100 - width);
    const [first, ...more] = text.length > width ? ['', ...about] : about;
    return [`  ${text.padEnd(width)}  ${first}`.trimEnd(), ...more.map((line) => `  ${' '.repeat(width)}  ${line}`)];
  });
}

export const aboutText = ({ about, choices }: Flag): string => `${about}${choices ? `: ${choices.join(', ')}` : ''}`;

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
