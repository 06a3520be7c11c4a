import { parseArgs } from 'node:util';
import type { Command, Flag, Invocation } from './command.ts';
import { commands } from './commands.ts';
import { flagsOf, unknownCommand, unknownFlag, type Mistake } from './unknown-words.ts';

/** `strake build --help` */
export interface Question {
  readonly help: Command | undefined;
}

export type Parsed = Invocation | Mistake | Question;

/** The words of a command line, without node and the script. */
export function parseArguments(argv: readonly string[]): Parsed {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return { help: undefined };
  const name = first === '--version' || first === '-V' ? 'version' : first;
  const command = commands.find((one) => one.name === name);
  return command ? parseFor(command, rest) : unknownCommand(first, commands);
}

function parseFor(command: Command, argv: readonly string[]): Parsed {
  const flags = flagsOf(command);
  const options = Object.fromEntries(
    flags.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(short !== undefined && { short }),
      },
    ]),
  );
  const tokensOf = (args: readonly string[]) =>
    parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true }).tokens;
  const all = tokensOf(argv);
  const cut = command.passesOn
    ? (all.find(({ kind }) => kind === 'positional')?.index ?? argv.length) + 1
    : argv.length;
  const tokens = cut < argv.length ? tokensOf(argv.slice(0, cut)) : all;
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => name === token.name);
    const value = token.value;
    const mistake = flag ? wrongValue(flag, value, token.rawName) : unknownFlag(command, token.rawName);
    if (mistake !== undefined) return { mistake, usage: `strake ${command.usage}` };
    values.set(token.name, [...(values.get(token.name) ?? []), value ?? 'true']);
  }
  if (values.get('help')?.at(-1) === 'true') return { help: command };
  if (command.words !== undefined && words.length > command.words)
    return { mistake: `"${words[command.words]}" is one word too many.`, usage: `strake ${command.usage}` };
  return invocation(command, words, restOf(argv, cut), values);
}

/** `strake run image -- cmd` is what people write who know other tools. */
const restOf = (argv: readonly string[], cut: number): readonly string[] =>
  argv[cut] === '--' ? argv.slice(cut + 1) : argv.slice(cut);

function invocation(
  command: Command,
  words: readonly string[],
  rest: readonly string[],
  values: ReadonlyMap<string, readonly string[]>,
): Invocation {
  const on = (flag: string): boolean => ['true', '1'].includes(values.get(flag)?.at(-1) ?? 'false');
  return {
    command,
    words,
    rest,
    on,
    text: (flag) => values.get(flag)?.at(-1),
    list: (flag) => values.get(flag) ?? [],
  };
}

function wrongValue(flag: Flag, value: string | undefined, raw: string): string | undefined {
  if (flag.value === undefined)
    return value === undefined || /^(?:true|false|1|0)$/.test(value)
      ? undefined
      : `${raw} is a switch; "${value}" is no value for it.`;
  if (value === undefined || value === '') return `${raw} needs a value: ${raw} ${flag.value}.`;
  if (flag.choices && !flag.choices.includes(value))
    return `${raw} is "${value}"; it can be ${flag.choices.slice(0, -1).join(', ')} or ${flag.choices.at(-1)}.`;
  return undefined;
}
