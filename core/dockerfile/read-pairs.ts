import { problem } from '../base/errors.ts';
import { descriptionOf } from './descriptions.ts';
import { refuseFlags, wrongArguments, type Reading } from './statement.ts';
import { isEmpty, part, spanOf, splitFirst, splitQuoted, textOf, wordOf, type Stretch } from './stretch.ts';
import type { ArgInstruction, PairsInstruction } from './syntax.ts';

/** ENV and LABEL: `k=v k2="a b"`, or the older `k rest of line`, told apart by the first word. */
export function readPairs(it: Reading): PairsInstruction {
  refuseFlags(it);
  const kind = it.kind === 'ENV' ? 'env' : 'label';
  const words = splitQuoted(it.args, it.escape);
  if (words.length === 0) throw wrongArguments(it, 'at least one name=value');
  if (!textOf(words[0]!).includes('=')) {
    const [key, value] = splitFirst(it.args);
    if (isEmpty(value)) throw wrongArguments(it, 'a value for each name: name=value');
    return { kind, ...it.node, pairs: [{ key: wordOf(key), value: wordOf(value) }], legacy: true };
  }
  const pairs = words.map((word) => {
    const [key, value] = splitAtEquals(word);
    if (!value) throw problem('PAIR_INCOMPLETE', { keyword: it.kind, word: textOf(word) }, { at: spanOf(word) });
    if (isEmpty(key)) throw problem('NAME_BLANK', { keyword: it.kind }, { at: spanOf(word) });
    return { key: wordOf(key), value: wordOf(value) };
  });
  return { kind, ...it.node, pairs, legacy: false };
}

/** ARG: names with or without a default. */
export function readArg(it: Reading): ArgInstruction {
  refuseFlags(it);
  const words = splitQuoted(it.args, it.escape);
  if (words.length === 0) throw wrongArguments(it, 'at least one name');
  const args = words.map((word) => {
    const [key, value] = splitAtEquals(word);
    if (isEmpty(key)) throw problem('NAME_BLANK', { keyword: it.kind }, { at: spanOf(word) });
    const name = textOf(key);
    const description = descriptionOf(it.stretch.line.comments, [name]);
    return { name, ...(value && { value: wordOf(value) }), span: spanOf(word), ...(description && { description }) };
  });
  return { kind: 'arg', ...it.node, args };
}

function splitAtEquals(word: Stretch): readonly [key: Stretch, value: Stretch | undefined] {
  const cut = textOf(word).indexOf('=');
  if (cut === -1) return [word, undefined];
  return [part(word, word.start, word.start + cut), part(word, word.start + cut + 1, word.end)];
}
