import type { BuildPlan, Dockerfile, Instruction, SourceText, Span } from '../../core/index.ts';
import type { Forbidden } from './options.ts';
import { textOf } from './places.ts';
import { problem } from './problems.ts';
import type { Violation } from './violation.ts';

export interface InstructionWatch {
  /** Remembers what is written. */
  read(dockerfile: Dockerfile): void;
  /** What the plan's Dockerfiles hold that is forbidden, as written or as it came out with variables put in. */
  violations(plan: BuildPlan): Violation[];
}

/** Files are remembered while they are of use to a build, so that one plugin may serve several builds at a time. */
export function watchInstructions(forbidden: readonly Forbidden[]): InstructionWatch {
  const files = new WeakMap<SourceText, readonly Violation[]>();
  const judged = (text: string, at: Span): Violation[] => {
    const rule = forbidden.find((one) => isMeant(one, text));
    if (!rule) return [];
    const instruction = text.split(/\s/, 1)[0]!.toUpperCase();
    const facts = { instruction, because: rule.because };
    return [{ level: rule.level, problem: problem('INSTRUCTION_FORBIDDEN', facts, { at }) }];
  };
  return {
    read({ source, globalArgs, stages }) {
      const written = [
        ...globalArgs,
        ...stages.flatMap(({ from, instructions }) => [from, ...instructions.flatMap(all)]),
      ];
      files.set(
        source,
        written.flatMap(({ title, span }) => judged(title, span)),
      );
    },
    violations({ stages }) {
      const sources = new Set(stages.map(({ at }) => at.source));
      return [
        ...[...sources].flatMap((source) => files.get(source) ?? []),
        ...stages.flatMap(({ steps }) => steps.flatMap((step) => judged(textOf(step), step.at))),
      ];
    },
  };
}

const isMeant = ({ instruction, matching }: Forbidden, text: string): boolean =>
  (instruction === undefined || text.split(/\s/, 1)[0]!.toUpperCase() === instruction.toUpperCase()) &&
  (matching === undefined || text.search(matching) !== -1);

/** An ONBUILD is what it triggers, too. */
const all = (it: Instruction): readonly Pick<Instruction, 'title' | 'span'>[] =>
  it.kind === 'onbuild' ? [it, { title: it.trigger.title, span: it.span }] : [it];
