import type { Run } from '../command.ts';
import { commandHelp, helpText } from '../help.ts';
import { unknownCommand } from '../unknown-words.ts';

export const run: Run = async ({ words: [word] }, { screen, commands, version }) => {
  const command = commands.find(({ name }) => name === word);
  if (word !== undefined && command === undefined) {
    const { problem } = await import('../../core/index.ts');
    const { mistake, usage } = unknownCommand(word, commands);
    throw problem('USAGE', { reason: mistake, ...(usage !== undefined && { usage }) });
  }
  screen.out(command ? commandHelp(command) : helpText(commands, version));
  return 0;
};
