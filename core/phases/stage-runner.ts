import type { CacheKey } from '../base/brand.ts';
import { callMoment } from '../contract/install.ts';
import type { Layer, PlannedStage, PlannedStep, StageId, StageResult } from '../contract/model.ts';
import { executeStep, type StepOutcome } from './execute-step.ts';
import type { Run, StageState } from './run.ts';

export interface StageRunner {
  stage(id: StageId): Promise<StageResult>;
  /** Every stage that ran, once all that were asked for have ended. */
  finished(): Promise<ReadonlyMap<StageId, StageResult>>;
  /** Waits until nothing runs any more, however it ended. */
  idle(): Promise<void>;
}

export function stageRunner(run: Run): StageRunner {
  const running = new Map<StageId, Promise<StageResult>>();
  const byId = new Map(run.plan.stages.map((stage) => [stage.id, stage]));
  const steps = new Map<CacheKey, Promise<StepOutcome>>();

  const stage = (id: StageId): Promise<StageResult> => {
    const known = running.get(id);
    if (known) return known;
    const started = runStage(byId.get(id)!, { run, stage, steps });
    running.set(id, started);
    // Whoever needs the stage awaits it; until then its failure must not count as unhandled.
    started.catch(() => {});
    return started;
  };

  const finished = async (): Promise<ReadonlyMap<StageId, StageResult>> => {
    const results = new Map<StageId, StageResult>();
    for (const [id, result] of running) results.set(id, await result);
    return results;
  };

  const idle = async (): Promise<void> => {
    // Stages ask for stages.
    for (let known = -1; known < running.size;) {
      known = running.size;
      await Promise.allSettled(running.values());
    }
  };

  return { stage, finished, idle };
}

interface Surroundings {
  readonly run: Run;
  stage(id: StageId): Promise<StageResult>;
  /** Steps of this run by their first key: equal ones are carried out once. */
  readonly steps: Map<CacheKey, Promise<StepOutcome>>;
}

async function runStage(planned: PlannedStage, around: Surroundings): Promise<StageResult> {
  const { run } = around;
  const scope = { world: run.workshop.world, stage: planned };
  startSources(planned, around);
  const state: StageState = { stage: planned, layers: await baseLayers(planned, around), workspace: undefined };
  run.deliveries.layers(planned.id, state.layers);
  // A command will surely run: its files are brought while the steps before it go by.
  if (planned.steps.some((step) => step.action.kind === 'run' && !isFound(step, run)))
    void run.files.prepare(state.layers).catch(() => {});
  const done: StepOutcome[] = [];
  let begun = false;
  try {
    for (const step of planned.steps) {
      run.workshop.world.signal.throwIfAborted();
      if (step.action.kind === 'config') continue;
      if (!begun && !isFound(step, run)) {
        begun = true;
        await callMoment(run.workshop.hooks.beforeStage, planned, scope);
      }
      const outcome = await executeStep(step, state, run, around.stage, around.steps);
      done.push(outcome);
      state.layers.push(outcome.layer);
      run.deliveries.layers(planned.id, [outcome.layer]);
    }
  } finally {
    await closeWorkspace(state);
  }
  const result: StageResult = {
    stage: planned.id,
    layers: state.layers,
    steps: done.map(({ step, layer, created }) => ({ step, layer, created })),
    reused: done.filter((outcome) => outcome.cached).length,
    performed: done.filter((outcome) => !outcome.cached).length,
  };
  await callMoment(run.workshop.hooks.afterStage, result, scope);
  return result;
}

const isFound = ({ id }: PlannedStep, { keys, found }: Run): boolean =>
  keys.isLookedUp(id) && found.has(keys.of(id).key);

/** Stages that a step of this one will surely read from start now, beside it. */
function startSources(planned: PlannedStage, { run, stage }: Surroundings): void {
  for (const step of planned.steps) {
    if (step.action.kind === 'copy' && step.action.origin.kind === 'stage' && !isFound(step, run)) {
      void stage(step.action.origin.stage);
    }
  }
}

async function baseLayers({ base }: PlannedStage, { stage }: Surroundings): Promise<Layer[]> {
  if (base.kind === 'scratch') return [];
  if (base.kind === 'stage') return [...(await stage(base.stage)).layers];
  return [...base.image.layers];
}

async function closeWorkspace(state: StageState): Promise<void> {
  const workspace = await state.workspace?.catch(() => undefined);
  await workspace?.[Symbol.asyncDispose]();
}
