import type { Run } from '../command.ts';
import { commandHelp, helpText } from '../help.ts';

export const run: Run = async ({ words }, { screen, commands, version }) => {
  const command = commands.find(({ name }) => name === words[0]);
  screen.out(command ? commandHelp(command) : helpText(commands, version));
  return words[0] !== undefined && command === undefined ? 2 : 0;
};
