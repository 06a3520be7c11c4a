import type { BuildPlan, PlannedStage, Span } from '../../core/index.ts';
import type { PolicyRules } from './options.ts';
import { chainOf, fromLine, textOf } from './places.ts';
import { problem } from './problems.ts';
import type { Violation } from './violation.ts';

/** What images are at the end: the stage each of them is. */
const endsOf = ({ images, stages }: BuildPlan): readonly { readonly name: string; readonly stage: PlannedStage }[] =>
  images.map(({ request, stage }) => ({ name: request.name, stage: stages.find(({ id }) => id === stage)! }));

/** By number or by name; whom another name stands for is in files that nobody has read. */
const isRoot = (user: string): boolean => /^(?:root|0*)$/.test(user.split(':')[0]!);

export function rootUsers(plan: BuildPlan, { noRoot }: PolicyRules): Violation[] {
  if (noRoot === false) return [];
  return endsOf(plan).flatMap(({ name, stage }) => {
    const { user = '' } = stage.config;
    if (!isRoot(user)) return [];
    const at = lastUser(stage, plan) ?? fromLine(stage);
    return [{ level: noRoot, problem: problem('ROOT_USER', { image: name, user }, { at, image: name }) }];
  });
}

function lastUser(stage: PlannedStage, plan: BuildPlan): Span | undefined {
  for (const { steps } of chainOf(stage, plan)) {
    const step = steps.findLast((one) => /^(?:ONBUILD )?USER\s/i.test(textOf(one)));
    if (step) return step.at;
  }
  return undefined;
}

export function missingLabels(plan: BuildPlan, { labels }: PolicyRules): Violation[] {
  if (labels === undefined) return [];
  const { names, level } = 'level' in labels ? labels : { names: labels, level: 'deny' as const };
  return endsOf(plan).flatMap(({ name, stage }) =>
    names
      .filter((label) => !stage.config.labels.some(([key, value]) => key === label && value !== ''))
      .map((label) => ({
        level,
        problem: problem('LABEL_MISSING', { image: name, label }, { at: fromLine(stage), image: name }),
      })),
  );
}
