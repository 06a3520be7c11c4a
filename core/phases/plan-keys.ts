import type { CacheKey } from '../base/brand.ts';
import type { BuildPlan, PlannedStep, StageId, StepId } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { askedKey, baseKey, chainKey, type Keyed } from '../caching/key.ts';
import type { SourceDigests } from './digest-sources.ts';

/** The first key of every step that has files to do with, made before anything runs. */
export interface PlanKeys {
  of(step: StepId): Keyed;
  /**
   * May the step be found by what was asked? Not where it is to be carried out again, nor where something is that it
   * stands on or reads from: what that will give is not known yet.
   */
  isLookedUp(step: StepId): boolean;
  readonly all: readonly CacheKey[];
}

export async function planKeys(plan: BuildPlan, sources: SourceDigests, workshop: Workshop): Promise<PlanKeys> {
  const hasRun = plan.stages.some((stage) => stage.steps.some((step) => step.action.kind === 'run'));
  // Only what a RUN leaves behind depends on the isolation: builds without RUN never probe for one.
  const exact = hasRun ? (await workshop.isolation.choose()).exact : true;
  const last = new Map<StageId, CacheKey>();
  const keys = new Map<StepId, Keyed>();
  const lookedUp = new Set<StepId>();
  const remade = new Set<StageId>();
  const stageKey = (stage: string): CacheKey => last.get(stage as StageId)!;
  for (const stage of plan.stages) {
    let parent = baseKey(stage.base, stageKey);
    let isRemade = stage.base.kind === 'stage' && remade.has(stage.base.stage);
    for (const step of stage.steps) {
      if (step.action.kind === 'config') continue;
      isRemade ||= step.noCache || readsFrom(step, remade);
      if (!isRemade) lookedUp.add(step.id);
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
    if (isRemade) remade.add(stage.id);
  }
  const all = [...lookedUp].map((step) => keys.get(step)!.key);
  return { of: (step) => keys.get(step)!, isLookedUp: (step) => lookedUp.has(step), all };
}

/** First keys of the steps whose layers go into an image; the layers of other stages are only read from. */
export function keysInImages({ images, stages }: BuildPlan, keys: PlanKeys): ReadonlySet<CacheKey> {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const found = new Set<CacheKey>();
  for (const image of images) {
    let stage = byId.get(image.stage);
    while (stage) {
      for (const step of stage.steps) if (step.action.kind !== 'config') found.add(keys.of(step.id).key);
      stage = stage.base.kind === 'stage' ? byId.get(stage.base.stage) : undefined;
    }
  }
  return found;
}

const readsFrom = ({ action }: PlannedStep, stages: ReadonlySet<StageId>): boolean =>
  action.kind === 'copy' && action.origin.kind === 'stage' && stages.has(action.origin.stage);

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
