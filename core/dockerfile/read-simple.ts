import { problem } from '../base/errors.ts';
import { trimSpace } from './blanks.ts';
import { readJsonForm } from './json-form.ts';
import { refuseFlags, wrongArguments, type Reading } from './statement.ts';
import { isEmpty, splitAtGaps, wordOf } from './stretch.ts';
import type { LineInstruction, WordsInstruction } from './syntax.ts';

const lineKinds = { STOPSIGNAL: 'stopsignal', USER: 'user', WORKDIR: 'workdir', MAINTAINER: 'maintainer' } as const;

/** STOPSIGNAL, USER, WORKDIR, MAINTAINER: the rest of the line is one value. */
export function readLine(it: Reading): LineInstruction {
  if (isEmpty(it.args) && it.flags.length === 0) throw wrongArguments(it, 'exactly one argument');
  refuseFlags(it);
  return { kind: lineKinds[it.kind as keyof typeof lineKinds], ...it.node, value: wordOf(it.args) };
}

export function readExpose(it: Reading): WordsInstruction {
  refuseFlags(it);
  const words = splitAtGaps(it.args);
  if (words.length === 0) throw wrongArguments(it, 'at least one port');
  return { kind: 'expose', ...it.node, words: words.map(wordOf) };
}

export function readVolume(it: Reading): WordsInstruction {
  refuseFlags(it);
  const words = (readJsonForm(it.args, it.kind) ?? splitAtGaps(it.args).map(wordOf)).map((word) => ({
    ...word,
    text: trimSpace(word.text),
  }));
  if (words.length === 0) throw wrongArguments(it, 'at least one path');
  for (const { text, span } of words) if (text === '') throw problem('VOLUME_EMPTY', {}, { at: span });
  return { kind: 'volume', ...it.node, words };
}
