import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { Cli } from './command.ts';
import { commands } from './commands.ts';
import { dispatch } from './dispatch.ts';
import type { Screen } from './screen.ts';
import { keepYoungGenerationSmall } from './young-generation.ts';

/** The command: `packageFolder` is where package.json lies. The one file of the command line that sees the process. */
export async function main(packageFolder: string): Promise<void> {
  keepYoungGenerationSmall();
  const interruption = interruptible();
  const cli: Cli = {
    host: process,
    screen: terminalScreen(),
    ...(isatty(0) && {
      ask: async (question, options) => {
        const { askOn } = await import('./ask.ts');
        const interrupt = (): void => void process.kill(process.pid, 'SIGINT');
        return askOn({ input: process.stdin, output: process.stderr, signal: interruption, interrupt })(
          question,
          options,
        );
      },
    }),
    signal: interruption,
    version: versionOf(packageFolder),
    commands,
    stuck: { tell: () => [] },
  };
  // Node ends by itself when nothing is left to wait for, also in the middle of a promise that nobody settles.
  process.once('beforeExit', () => {
    const complaints = cli.stuck.tell();
    for (const { message } of complaints) cli.screen.err(`✗ ${message}\n`);
    if (complaints.length === 0) cli.screen.err('✗ strake stopped in the middle: nothing was left to wait for.\n');
    process.exit(complaints.length > 0 ? 1 : 70);
  });
  process.exit(await dispatch(process.argv.slice(2), cli));
}

/** The first SIGINT or SIGTERM stops the build cleanly, the second at once. */
function interruptible(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // As shells have it.
    const exit = 128 + constants.signals[name];
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(exit);
      stop.abort(Object.assign(new Error('interrupted'), { name: 'AbortError', code: 'ABORT_ERR', exit }));
    });
  }
  return stop.signal;
}

function terminalScreen(): Screen {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read our output has gone: `strake ls | head -1`.
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    columns: () => process.stderr.columns || 80,
    rows: () => process.stderr.rows || 24,
  };
}

function versionOf(packageFolder: string): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  return version;
}
