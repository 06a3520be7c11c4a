/** What `strake --help` costs over node alone. */
import { cleanEnv } from '../test/support/process.ts';
import { calm } from './measure/load.ts';
import { measure } from './measure/run.ts';
import { publishedScript } from './peers/package.ts';
import { spread, spreadText, type Spread } from './statistics.ts';
import { join } from 'node:path';

/** Milliseconds over bare node. */
const most = 20;
const rounds = 20;

export interface HelpResult {
  /** Milliseconds. */
  readonly help: Spread;
  readonly bare: Spread;
  readonly over: number;
  readonly met: boolean;
}

export async function measureHelp(scratch: string, patience: number): Promise<HelpResult> {
  const env = cleanEnv({ HOME: scratch, STRAKE_HOME: join(scratch, 'help-store') });
  const help = [process.execPath, await publishedScript(scratch), '--help'];
  const bare = [process.execPath, '-e', '0'];
  const time = async (argv: readonly string[]): Promise<number> => {
    const { status, wall, output } = await measure(argv, { env, sampleEvery: 0 });
    if (status !== 0) throw new Error(`${argv.join(' ')} ended with status ${status}\n${output}`);
    return wall * 1000;
  };
  // The first runs fill the cache of compiled code.
  for (let at = 0; at < 2; at++) await time(help);
  await calm(patience);
  const times: { help: number[]; bare: number[] } = { help: [], bare: [] };
  for (let round = 0; round < rounds; round++) {
    times.help.push(await time(help));
    times.bare.push(await time(bare));
  }
  const [helped, alone] = [spread(times.help), spread(times.bare)];
  const over = helped.median - alone.median;
  return { help: helped, bare: alone, over, met: over <= most };
}

export const helpLines = ({ help, bare, over, met }: HelpResult): string[] => [
  '\nhelp: strake --help over bare node',
  `  strake --help  ${spreadText(help, 1)} ms`,
  `  node -e 0      ${spreadText(bare, 1)} ms`,
  `  target: at most ${most} ms over bare node; ${over.toFixed(1)} ms: ${met ? 'met' : 'NOT MET'}`,
];
