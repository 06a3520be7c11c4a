import { problem, type Env } from '../../core/index.ts';
import type { Cli, Invocation } from '../command.ts';
import { progressKinds } from '../flags.ts';
import { jsonRenderer } from './json-lines.ts';
import { foldingHere, foldingOf } from './folding.ts';
import { plainRenderer } from './plain.ts';
import { silent, type Renderer } from './reporter.ts';
import { styleFor, wantsColour } from './style.ts';
import { terminalRenderer } from './terminal.ts';

function fromEnvironment({ STRAKE_PROGRESS: value }: Env): string | undefined {
  if (!value || progressKinds.includes(value)) return value || undefined;
  throw problem('VARIABLE_INVALID', { name: 'STRAKE_PROGRESS', value, expected: `one of ${progressKinds.join(', ')}` });
}

/** `--quiet` and `--progress` first, then `STRAKE_PROGRESS`; by itself a terminal gets moving lines, CI and files plain ones, folded where the CI can. */
export function chooseRenderer(invocation: Invocation, { screen, host }: Cli): Renderer {
  const { env } = host;
  const asked = invocation.text('progress') ?? fromEnvironment(env) ?? 'auto';
  const moving = screen.errIsTerminal && !env['CI'] && env['TERM'] !== 'dumb';
  const kind = invocation.on('quiet') ? 'quiet' : asked === 'auto' ? (moving ? 'tty' : 'plain') : asked;
  const write = (text: string): void => screen.err(text);
  if (kind === 'quiet') return silent;
  if (kind === 'json') return jsonRenderer(write);
  if (kind === 'tty') return terminalRenderer(screen, styleFor(wantsColour(true, env)));
  if (kind === 'github' || kind === 'gitlab') return plainRenderer(write, { folding: foldingOf(kind) });
  const here = asked === 'auto' ? foldingHere(env) : undefined;
  return plainRenderer(write, here && { folding: foldingOf(here) });
}
