import type { Run } from '../command.ts';

export const run: Run = async (invocation, { screen, version }) => {
  screen.out(invocation.on('json') ? `${JSON.stringify({ version })}\n` : `strake ${version}\n`);
  return 0;
};
