import { problem } from '../../core/index.ts';
import type { Run } from '../command.ts';
import { completionScript, shellNames } from '../completion.ts';

export const run: Run = async ({ words }, { screen, commands }) => {
  const shell = shellNames.find((name) => name === words[0]);
  if (shell === undefined)
    throw problem('USAGE', {
      reason: words[0] === undefined ? 'Which shell?' : `There are no completions for "${words[0]}".`,
      usage: `strake completion ${shellNames.join('|')}`,
    });
  screen.out(completionScript(shell, commands));
  return 0;
};
