import type { CacheKey } from '../base/brand.ts';
import { BuildError, locate } from '../base/errors.ts';
import { callMoment } from '../contract/install.ts';
import type { Workspace } from '../contract/isolation.ts';
import type { Layer, PlannedStep, StageId, StageResult, StepId } from '../contract/model.ts';
import { contentKey, chainKey, type Keyed } from '../caching/key.ts';
import { findRecords, type Found } from '../caching/lookup.ts';
import { saveRecords, shareRecord } from '../caching/save.ts';
import type { Bench } from '../steps/bench.ts';
import { layersRequest } from '../steps/copy.ts';
import { performStep } from '../steps/perform.ts';
import type { Run, StageState } from './run.ts';

export interface StepOutcome {
  readonly step: StepId;
  readonly layer: Layer;
  /** RFC 3339: when the layer was made, now or by an earlier build. */
  readonly created: string;
  readonly cached: boolean;
}

type Steps = Map<CacheKey, Promise<StepOutcome>>;
type StageOf = (id: StageId) => Promise<StageResult>;

/**
 * The one loop body: first key → hit, or second key → hit, or perform → commit → save in the background. Equal steps of
 * a run are carried out once. An open workspace sees layers that were made elsewhere.
 */
export async function executeStep(
  step: PlannedStep,
  state: StageState,
  run: Run,
  stageOf: StageOf,
  steps: Steps,
): Promise<StepOutcome> {
  const asked = run.keys.of(step.id);
  const known = steps.get(asked.key);
  const own = known === undefined;
  const outcome = known ?? findOrPerform(step, asked, state, run, stageOf);
  if (own) steps.set(asked.key, outcome);
  const done = await outcome;
  const madeHere = own && !done.cached && step.action.kind === 'run';
  if (!madeHere && state.workspace) {
    const workspace = await state.workspace;
    await run.files.fetch([done.layer]);
    await workspace.put(done.layer);
  }
  return { ...done, step: step.id };
}

async function findOrPerform(
  step: PlannedStep,
  asked: Keyed,
  state: StageState,
  run: Run,
  stageOf: StageOf,
): Promise<StepOutcome> {
  const { world, hooks } = run.workshop;
  const begun = performance.now();
  const bench = benchOf(step, state, run, stageOf);
  const scope = { world, stage: state.stage, step };
  const event = { type: 'step', step: step.id, title: step.title, images: [] } as const;
  const facts = { below: [...state.layers], inImage: run.inImages.has(asked.key) };
  try {
    const hit = run.keys.isLookedUp(step.id) ? run.found.get(asked.key) : undefined;
    if (hit && isMadeOn(hit, state.layers)) return await reuse(hit, 'asked');
    const content = contentKey(
      step,
      state.stage.platform,
      state.layers,
      await contentSources(bench, run),
      await exactFor(step, run),
    );
    const same = step.noCache ? undefined : (await findRecords([content.key], run.workshop)).get(content.key);
    if (same) {
      saveRecords([asked], same.record, run.workshop, facts);
      return await reuse(same, 'content');
    }
    return await run.commands.run(() => perform(content));
  } catch (error) {
    // A step that waits for another one's layer does not fail itself.
    const another = BuildError.is(error) && (error.where.step ?? step.title) !== step.title;
    world.report({
      ...event,
      ...(another ? { state: 'skipped' } : { state: 'failed', ms: performance.now() - begun }),
    });
    throw locate(error, { at: step.at, step: step.title, phase: 'execute' });
  }

  async function reuse(found: Found, key: 'asked' | 'content'): Promise<StepOutcome> {
    const { layer, created } = found.record;
    run.workshop.store.hold([layer.descriptor.digest, layer.diffId]);
    shareRecord(found, run.workshop, facts);
    const ms = performance.now() - begun;
    world.report({ ...event, state: 'cached', from: found.from, key, ms });
    await callMoment(hooks.afterStep, { layer, cached: true, ms }, scope);
    return { step: step.id, layer, created, cached: true };
  }

  async function perform(content: Keyed): Promise<StepOutcome> {
    await callMoment(hooks.beforeStep, step, scope);
    world.report({ ...event, state: 'begin' });
    const layer = await performStep(bench);
    const ms = performance.now() - begun;
    const created = world.now().toISOString();
    const on = chainKey(facts.below);
    saveRecords([asked, content], { layer, on, step: step.title, created, ms: Math.round(ms) }, run.workshop, facts);
    world.report({ ...event, state: 'end', ms });
    await callMoment(hooks.afterStep, { layer, cached: false, ms }, scope);
    return { step: step.id, layer, created, cached: false };
  }
}

/** Older records do not say what they were made on. */
const isMadeOn = ({ record: { on } }: Found, layers: readonly Layer[]): boolean =>
  on === undefined || on === chainKey(layers);

/** What the step reads, by content: known for contexts, worked out now for stages, by digest for images. */
async function contentSources(bench: Bench, run: Run): Promise<string> {
  const { action } = bench.step;
  if (action.kind !== 'copy') return '';
  if (action.origin.kind === 'context') return run.sources.digest(bench.step.id);
  if (action.origin.kind === 'image') return `image ${chainKey(action.origin.image.layers)}`;
  const request = await layersRequest(action, bench);
  const isolation = await run.workshop.isolation.open();
  return `files ${await isolation.sourcesDigest(request)}`;
}

const exactFor = async (step: PlannedStep, run: Run): Promise<boolean> =>
  step.action.kind !== 'run' || (await run.workshop.isolation.choose()).exact;

function benchOf(step: PlannedStep, state: StageState, run: Run, stageOf: StageOf): Bench {
  return {
    workshop: run.workshop,
    stage: state.stage,
    step,
    layers: state.layers,
    compression: run.compression,
    growing: (layer) => run.deliveries.growing(state.stage.id, layer),
    workspace: () => (state.workspace ??= openWorkspace(state, run)),
    layersOf: async (id) => (await stageOf(id)).layers,
    files: run.files,
    selection: () => run.sources.selection(step.id),
  };
}

async function openWorkspace(state: StageState, run: Run): Promise<Workspace> {
  const layers = [...state.layers];
  await run.files.prepare(layers);
  const opened = await run.workshop.isolation.open();
  return opened.workspace({ label: state.stage.label, layers });
}
