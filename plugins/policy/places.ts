import type { BuildPlan, PlannedStage, PlannedStep, Span } from '../../core/index.ts';

/** The line of the FROM that begins a stage. */
export function fromLine({ at }: Pick<PlannedStage, 'at'>): Span {
  const lineEnd = at.source.text.indexOf('\n', at.start);
  return { ...at, end: lineEnd === -1 ? at.end : Math.min(at.end, lineEnd) };
}

/** A stage and the stages of the same build it stands on, nearest first. */
export function* chainOf(stage: PlannedStage, plan: BuildPlan): Generator<PlannedStage> {
  for (let next: PlannedStage | undefined = stage; next;) {
    yield next;
    const { base }: PlannedStage = next;
    next = base.kind === 'stage' ? plan.stages.find(({ id }) => id === base.stage) : undefined;
  }
}

/** `RUN npm ci`, of `[build 2/5] RUN npm ci`: variables are put in. */
export const textOf = ({ title }: Pick<PlannedStep, 'title'>): string => title.replace(/^\[[^\]]*\] /, '');
