import type { CacheKey } from '../base/brand.ts';
import type { BuildPlan, PlannedStep, StageId, StepId } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { askedKey, baseKey, chainKey, type Keyed } from '../caching/key.ts';
import type { SourceDigests } from './digest-sources.ts';

/** The first key of every step that has files to do with, made before anything runs. */
export interface PlanKeys {
  of(step: StepId): Keyed;
  readonly all: readonly CacheKey[];
}

export async function planKeys(plan: BuildPlan, sources: SourceDigests, workshop: Workshop): Promise<PlanKeys> {
  const hasRun = plan.stages.some((stage) => stage.steps.some((step) => step.action.kind === 'run'));
  // Only what a RUN leaves behind depends on the isolation: builds without RUN never probe for one.
  const exact = hasRun ? (await workshop.isolation.choose()).exact : true;
  const last = new Map<StageId, CacheKey>();
  const keys = new Map<StepId, Keyed>();
  const stageKey = (stage: string): CacheKey => last.get(stage as StageId)!;
  for (const stage of plan.stages) {
    let parent = baseKey(stage.base, stageKey);
    for (const step of stage.steps) {
      if (step.action.kind === 'config') continue;
      const keyed = askedKey(
        step,
        stage.platform,
        parent,
        askedSources(step, sources, stageKey),
        exact || step.action.kind !== 'run',
      );
      keys.set(step.id, keyed);
      parent = keyed.key;
    }
    last.set(stage.id, parent);
  }
  const all = plan.stages.flatMap((stage) =>
    stage.steps.flatMap((step) => (step.noCache ? [] : (keys.get(step.id)?.key ?? []))),
  );
  return { of: (step) => keys.get(step)!, all };
}

/** Contexts by the content that is read; stages and images by what they are, since no file of theirs is there yet. */
function askedSources(step: PlannedStep, sources: SourceDigests, stageKey: (stage: string) => CacheKey): string {
  if (step.action.kind !== 'copy') return '';
  const { origin } = step.action;
  switch (origin.kind) {
    case 'context':
      return sources.digest(step.id);
    case 'stage':
      return `stage ${stageKey(origin.stage)}`;
    case 'image':
      return `image ${chainKey(origin.image.layers)}`;
  }
}
