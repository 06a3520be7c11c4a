import { problem } from '../core/index.ts';
import type { Invocation } from './command.ts';

/** A command line that is well formed and still makes no sense. */
export const usageProblem = ({ command }: Invocation, reason: string): Error =>
  problem('USAGE', { reason, usage: `strake ${command.usage}` });

/** `--jobs 4`; at least one. */
export function countOf(invocation: Invocation, flag: string): number | undefined {
  const text = invocation.text(flag);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text))
    throw usageProblem(invocation, `--${flag} is "${text}"; it must be a whole number from 1.`);
  return Number(text);
}
