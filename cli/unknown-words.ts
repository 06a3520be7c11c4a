import type { Command, Flag } from './command.ts';
import { helpFlag } from './flags.ts';
import { foreignCommands, foreignFlag } from './foreign-flags.ts';

/** A command line that is not understood: said in words, with the usage it breaks. */
export interface Mistake {
  readonly mistake: string;
  readonly usage?: string;
}

export const flagsOf = (command: Command): readonly Flag[] => [...command.flags, helpFlag];

export function unknownCommand(word: string, commands: readonly Command[]): Mistake {
  if (word === '.' || word.includes('/')) return { mistake: `To build "${word}" write: strake build ${word}` };
  if (word.startsWith('-'))
    return {
      mistake: `"${word}" comes before any command.`,
      usage: 'A command is first: strake build … does what builds.',
    };
  const names = commands.map(({ name }) => name);
  const near = Object.hasOwn(foreignCommands, word) ? foreignCommands[word] : closest(word, names);
  return {
    mistake: `There is no command "${word}".`,
    usage: near === undefined ? 'strake help lists the commands.' : `Did you mean "strake ${near}"?`,
  };
}

export function unknownFlag(command: Command, raw: string): string {
  const foreign = foreignFlag(command.name, raw);
  if (foreign !== undefined) return `strake ${command.name} has no flag ${raw}: ${foreign}.`;
  const near = raw.startsWith('--')
    ? closest(
        raw.slice(2),
        flagsOf(command).map(({ name }) => name),
      )
    : undefined;
  return `strake ${command.name} has no flag ${raw}.${near === undefined ? '' : ` Did you mean --${near}?`}`;
}

/** The likeliest word for a slip. The front door has a better one, but would have to be loaded for it. */
function closest(word: string, known: readonly string[]): string | undefined {
  const pairs = (text: string): Set<string> => new Set(Array.from(text, (char, at) => char + (text[at + 1] ?? '')));
  const own = pairs(word);
  const likeness = (other: string): number => {
    const others = pairs(other);
    return [...own].filter((pair) => others.has(pair)).length / Math.max(own.size, others.size);
  };
  const best = known.toSorted((a, b) => likeness(b) - likeness(a))[0];
  return best !== undefined && likeness(best) >= 0.4 ? best : undefined;
}
