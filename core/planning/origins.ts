import type { CopyOrigin } from '../contract/model.ts';
import type { CopyInstruction, Instruction } from '../dockerfile/index.ts';
import { stageOf } from './bases.ts';
import type { FromLine } from './from-lines.ts';
import { lookUp, type TargetScope } from './scope.ts';
import { copySource } from './sources.ts';

/** Where each COPY and ADD reads; `undefined` when one of the places is not known yet. */
export function originsOf(
  scope: TargetScope,
  line: FromLine,
  instructions: readonly Instruction[],
): ReadonlyMap<CopyInstruction, CopyOrigin> | undefined {
  const origins = new Map<CopyInstruction, CopyOrigin>();
  let complete = true;
  for (const instruction of instructions.filter(copies)) {
    const origin = originOf(scope, line, instruction);
    if (origin) origins.set(instruction, origin);
    else complete = false;
  }
  return complete ? origins : undefined;
}

/** The stages of this Dockerfile that instructions of a stage read from. */
export function stagesRead(scope: TargetScope, index: number, instructions: readonly Instruction[]): readonly number[] {
  return instructions.filter(copies).flatMap(({ from }) => {
    const source = from && copySource(from, index, scope.image, scope.platform);
    return source?.kind === 'stage' ? [source.index] : [];
  });
}

const copies = (it: Instruction): it is CopyInstruction => it.kind === 'copy' || it.kind === 'add';

function originOf(scope: TargetScope, line: FromLine, { from, span }: CopyInstruction): CopyOrigin | undefined {
  const { image, platform, planning } = scope;
  if (!from) return { kind: 'context', context: image.context, label: image.contextLabel };
  const label = from.text;
  // Images to copy from are the target's, also in a stage of another platform.
  const source = copySource(from, line.stage.index, image, platform);
  if (source.kind === 'context') return { kind: 'context', context: source.id, label };
  if (source.kind === 'image') {
    const found = lookUp(planning, { text: source.text, platform, at: from.span });
    return found && { kind: 'image', image: found, label };
  }
  const outcome = stageOf(scope, source, platform, span);
  return outcome && { kind: 'stage', stage: outcome.stage.id, label };
}
