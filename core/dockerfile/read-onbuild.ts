import { problem } from '../base/errors.ts';
import { cutStatement, nodeOf, refuseFlags, wrongArguments, type Reading } from './statement.ts';
import { isEmpty, spanOf, textOf } from './stretch.ts';
import type { Instruction, OnbuildInstruction } from './syntax.ts';

/** Keywords a trigger may not begin with. */
const forbidden = new Set(['ONBUILD', 'FROM', 'MAINTAINER']);

/** `read` reads the trigger: it is handed in because every instruction may be one. */
export function readOnbuild(it: Reading, read: (trigger: Reading) => Instruction): OnbuildInstruction {
  refuseFlags(it);
  if (isEmpty(it.args)) throw wrongArguments(it, 'an instruction');
  const statement = cutStatement(it.args, it.escape);
  refuseTrigger(statement.kind, statement.keyword);
  const node = nodeOf(statement, it.heredocs, it.node.span.end);
  const { skippedChecks: _, ...own } = node;
  return {
    kind: 'onbuild',
    ...it.node,
    trigger: read({ ...statement, node: own, heredocs: it.heredocs }),
    triggerText: [textOf(statement.stretch), ...it.heredocs.map(({ heredoc, raw }) => raw + heredoc.name)].join('\n'),
  };
}

export function refuseTrigger(kind: string, keyword: Reading['keyword']): void {
  if (forbidden.has(kind)) throw problem('ONBUILD_FORBIDDEN', { keyword: kind }, { at: spanOf(keyword) });
}
