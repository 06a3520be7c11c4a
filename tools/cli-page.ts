import type { Command, Flag } from '../cli/command.ts';
import { commands } from '../cli/commands.ts';
import { helpFlag } from '../cli/flags.ts';
import { aboutText, flagText } from '../cli/help.ts';

/** `docs/cli.md`, from the table of commands. */
export const cliPage = (): string =>
  [
    '# The command line',
    '',
    'Made from [cli/commands.ts](../cli/commands.ts) by `npm run docs`. Flags with … may be given several times.',
    '',
    'Results go to standard output, all else to standard error. Exit status: 0; the status of a failing RUN; 1 the build',
    'failed; 2 the input needs a fix; 70 a bug of ours; 130 interrupted (143 by SIGTERM).',
    '',
    ...commands.flatMap(section),
  ].join('\n');

const section = (command: Command): string[] => [
  `## strake ${command.name}`,
  '',
  `${command.summary}.`,
  '',
  '```',
  `strake ${command.usage}`,
  '```',
  '',
  ...(command.about ?? []).flatMap((paragraph) => [paragraph, '']),
  '| flag | |',
  '| --- | --- |',
  ...[...command.flags, helpFlag].map(row),
  '',
  ...(command.examples ? ['```', ...command.examples.map((example) => `strake ${example}`), '```', ''] : []),
];

const row = (flag: Flag): string => `| \`${escaped(flagText(flag).trim())}\` | ${escaped(aboutText(flag))} |`;

const escaped = (text: string): string => text.replaceAll('|', String.raw`\|`);
