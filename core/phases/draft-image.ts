import type {
  BuildPlan,
  ImageDraft,
  PlannedImage,
  PlannedStage,
  StageId,
  StageResult,
  StepId,
} from '../contract/model.ts';
import type { BuildSettings } from '../contract/surroundings.ts';
import type { HistoryEntry } from '../oci/image.ts';

/** Layers, history and config of one image, before anything is hashed. */
export function draftImage(
  image: PlannedImage,
  plan: BuildPlan,
  results: ReadonlyMap<StageId, StageResult>,
  settings: BuildSettings,
): ImageDraft {
  const chain = stageChain(image.stage, plan);
  const stage = chain.at(-1)!;
  const base = chain[0]!.base;
  const epoch = settings.sourceDateEpoch === undefined ? undefined : isoTime(settings.sourceDateEpoch);
  const before = base.kind === 'image' ? baseHistory(base.image.config.history, base.image.layers.length) : [];
  const baseCreated = base.kind === 'image' ? base.image.config.created : undefined;
  const own = ownHistory(chain, results, epoch, baseCreated);
  return {
    name: image.request.name,
    // FROM --platform may have chosen another one than was asked for; an image is what its base is.
    platform: base.kind === 'image' ? base.image.config.platform : image.platform,
    layers: results.get(image.stage)!.layers,
    baseLayers: base.kind === 'image' ? base.image.layers.length : 0,
    config: stage.config,
    history: [...before, ...own],
    ...authorOf(chain),
    created: epoch ?? own.at(-1)?.created ?? baseCreated ?? isoTime(0),
    annotations: image.request.annotations,
  };
}

/** The stage and the stages it stands on, lowest first. */
function stageChain(id: StageId, plan: BuildPlan): PlannedStage[] {
  const chain: PlannedStage[] = [];
  let stage = plan.stages.find((one) => one.id === id);
  while (stage) {
    chain.unshift(stage);
    const { base } = stage;
    stage = base.kind === 'stage' ? plan.stages.find((one) => one.id === base.stage) : undefined;
  }
  return chain;
}

/**
 * One entry an instruction. A step that made a layer carries the layer's time, found or made; one that did not carries
 * the time of the layer before it, so that a build that finds everything gives the very same bytes.
 */
function ownHistory(
  chain: readonly PlannedStage[],
  results: ReadonlyMap<StageId, StageResult>,
  epoch: string | undefined,
  first: string | undefined,
): HistoryEntry[] {
  let created = first ?? isoTime(0);
  const history: HistoryEntry[] = [];
  for (const stage of chain) {
    const times = new Map<StepId, string>(results.get(stage.id)!.steps.map((step) => [step.step, step.created]));
    for (const step of stage.steps) {
      created = times.get(step.id) ?? created;
      history.push({ ...step.history, created: epoch ?? created });
    }
  }
  return history;
}

/** Images others made may lack history; every layer must have its entry all the same. */
function baseHistory(history: readonly HistoryEntry[], layers: number): readonly HistoryEntry[] {
  const described = history.filter((entry) => !entry.emptyLayer).length;
  if (described > layers) return Array.from({ length: layers }, () => ({}));
  return [...Array.from({ length: layers - described }, () => ({})), ...history];
}

function authorOf(chain: readonly PlannedStage[]): { author?: string } {
  const base = chain[0]!.base;
  const author =
    chain.findLast((stage) => stage.author !== undefined)?.author ??
    (base.kind === 'image' ? base.image.config.author : undefined);
  return author === undefined ? {} : { author };
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
