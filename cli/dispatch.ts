import { parseArguments } from './arguments.ts';
import type { Cli } from './command.ts';
import { commandHelp, helpText } from './help.ts';

/** Carries out a command line; gives the exit status and never throws. */
export async function dispatch(argv: readonly string[], cli: Cli): Promise<number> {
  const parsed = parseArguments(argv);
  if ('help' in parsed) {
    cli.screen.out(parsed.help ? commandHelp(parsed.help) : helpText(cli.commands, cli.version));
    return 0;
  }
  try {
    if ('mistake' in parsed) {
      const { problem } = await import('../core/index.ts');
      const { mistake, usage } = parsed;
      throw problem('USAGE', { reason: mistake, ...(usage !== undefined && { usage }) });
    }
    const { run } = await parsed.command.load();
    return await run(parsed, cli);
  } catch (error) {
    const { reportFailure } = await import('./render/failure.ts');
    return reportFailure(error, cli, { debug: 'on' in parsed && parsed.on('debug') });
  }
}
