import { problem } from '../base/errors.ts';
import { descriptionOf } from './descriptions.ts';
import { flagsOf, wrongArguments, type Reading } from './statement.ts';
import { spanOf, splitAtGaps, textOf, wordOf } from './stretch.ts';
import type { FromInstruction } from './syntax.ts';

const stageName = /^[a-z][a-z0-9-_.]*$/;

export function readFrom(it: Reading): FromInstruction {
  const [image, as, name, ...more] = splitAtGaps(it.args);
  const named = name !== undefined && textOf(as!).toLowerCase() === 'as';
  if (!image || more.length > 0 || (as && !named)) throw wrongArguments(it, 'an image, or an image AS a name');
  if (named && !stageName.test(textOf(name).toLowerCase()))
    throw problem('STAGE_NAME_INVALID', { name: textOf(name) }, { at: spanOf(name) });
  const platform = flagsOf(it, { platform: 'text' }).text('platform');
  const description = named && descriptionOf(it.stretch.line.comments, [textOf(name).toLowerCase(), textOf(name)]);
  return {
    kind: 'from',
    ...it.node,
    ...(platform && { platform }),
    image: wordOf(image),
    ...(named && { as: wordOf(as!), name: wordOf(name) }),
    ...(description && { description }),
  };
}
