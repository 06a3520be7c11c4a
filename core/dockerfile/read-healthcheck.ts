import { problem } from '../base/errors.ts';
import { parseDuration } from './duration.ts';
import type { Flags } from './flags.ts';
import { readCommand } from './read-command.ts';
import { flagsOf, wrongArguments, type Reading } from './statement.ts';
import { isEmpty, spanOf, splitFirst, textOf } from './stretch.ts';
import type { HealthcheckInstruction } from './syntax.ts';

const times = {
  interval: 'interval',
  timeout: 'timeout',
  startPeriod: 'start-period',
  startInterval: 'start-interval',
};
const millisecond = 1_000_000;

export function readHealthcheck(it: Reading): HealthcheckInstruction {
  if (isEmpty(it.args)) throw wrongArguments(it, 'NONE, or CMD and a command');
  const [typeWord, rest] = splitFirst(it.args);
  const type = textOf(typeWord).toUpperCase();
  if (type === 'NONE') {
    if (!isEmpty(rest)) throw wrongArguments(it, 'nothing after NONE');
    return { kind: 'healthcheck', ...it.node };
  }
  const flags = flagsOf(it, {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  });
  if (type !== 'CMD') throw problem('HEALTHCHECK_TYPE_UNKNOWN', { type: textOf(typeWord) }, { at: spanOf(typeWord) });
  const command = readCommand(rest, it.kind);
  if (command.form === 'exec' ? command.argv.length === 0 : command.script === '')
    throw wrongArguments(it, 'a command after CMD');
  const retries = readRetries(flags);
  return {
    kind: 'healthcheck',
    ...it.node,
    command,
    ...readTimes(flags),
    ...(retries !== undefined && { retries }),
  };
}

function readTimes(flags: Flags): { readonly [name in keyof typeof times]?: number } {
  const found: { [name in keyof typeof times]?: number } = {};
  for (const name of Object.keys(times) as (keyof typeof times)[]) {
    const word = flags.text(times[name]);
    if (!word || word.text === '') continue;
    const value = parseDuration(word.text, word.span);
    if (value !== 0 && value < millisecond)
      throw problem('DURATION_INVALID', { text: word.text, reason: 'it is shorter than 1ms' }, { at: word.span });
    found[name] = value;
  }
  return found;
}

function readRetries(flags: Flags): number | undefined {
  const word = flags.text('retries');
  if (!word || word.text === '') return undefined;
  const value = /^[+-]?\d+$/.test(word.text) ? Number(word.text) : Number.NaN;
  // The image config holds a 32-bit integer.
  if (!(value >= 0 && value <= 0x7f_ff_ff_ff))
    throw problem(
      'FLAG_VALUE_INVALID',
      { keyword: 'HEALTHCHECK', flag: 'retries', value: word.text, allowed: ['a whole number from 0 on'] },
      { at: word.span },
    );
  return value + 0;
}
