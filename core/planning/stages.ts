import { BuildError } from '../base/errors.ts';
import { parseTrigger, type Instruction } from '../dockerfile/index.ts';
import { baseOf, replacementOf } from './bases.ts';
import type { FromLine } from './from-lines.ts';
import { perform } from './instructions/perform.ts';
import { openDraft } from './open-draft.ts';
import { originsOf, stagesRead } from './origins.ts';
import type { StageOutcome, TargetScope } from './scope.ts';
import { settle } from './stage-draft.ts';

/**
 * Settles the stage to build and all it stands on or reads from, in the order of the file: a stage refers only to
 * stages above it, so each finds what it needs settled, however long the chain.
 */
export function planReachable(scope: TargetScope, target: number): StageOutcome | undefined {
  const reachable = new Set([target]);
  for (const index of reachable) {
    const { source, stage, replaced } = scope.froms[index]!;
    if (source.kind === 'stage') reachable.add(source.index);
    if (!replaced) for (const read of stagesRead(scope, index, stage.instructions)) reachable.add(read);
  }
  for (const index of [...reachable].toSorted((a, b) => a - b)) scope.stage(index);
  return scope.stage(target);
}

/**
 * Settles one stage; `undefined` while an image it needs is not known. All that can be seen to be missing is noted at
 * once, so that it is looked up in one go.
 */
export function planStage(scope: TargetScope, line: FromLine): StageOutcome | undefined {
  if (line.replaced) return replacementOf(scope, line);
  const base = baseOf(scope, line);
  const own = originsOf(scope, line, line.stage.instructions);
  if (!base) return undefined;
  const triggers = base.config.onBuild.map((text) => triggerOf(text, line));
  const theirs = originsOf(scope, line, triggers);
  if (!own || !theirs) return undefined;
  const draft = openDraft(scope, line, base, triggers, new Map([...theirs, ...own]));
  for (const trigger of triggers) perform(draft, trigger);
  draft.trigger = false;
  for (const instruction of line.stage.instructions) perform(draft, instruction);
  return settle(draft);
}

/** Mistakes in a trigger are shown at the FROM that fires it. */
function triggerOf(text: string, line: FromLine): Instruction {
  try {
    return parseTrigger(text, `ONBUILD of ${line.text}`);
  } catch (error) {
    if (BuildError.is(error)) error.where = { ...error.where, at: line.stage.from.image.span };
    throw error;
  }
}
