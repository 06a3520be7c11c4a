import type { Compression } from '../archive/entry.ts';
import { compressionText } from './treat-layer.ts';
import { pool } from '../base/pool.ts';
import type { BuildPlan, StageId, StageResult } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { findRecords } from '../caching/lookup.ts';
import { lostLayer } from '../caching/lost-layers.ts';
import { beginDeliveries, type Deliveries } from './deliveries.ts';
import { layerFiles } from '../steps/layer-files.ts';
import { digestSources } from './digest-sources.ts';
import { keysInImages, planKeys } from './plan-keys.ts';
import type { OpenContexts } from './resolve-contexts.ts';
import { stageRunner } from './stage-runner.ts';

/** What executing gave: layers of every stage an image is made of, and the outputs that are receiving them. */
export interface Drafts {
  readonly stages: ReadonlyMap<StageId, StageResult>;
  readonly deliveries: Deliveries;
}

/**
 * Carries out what no cache knows. Demand-driven: an image asks for its stage, a step that missed asks for the stages
 * it reads from; what nobody asks for never runs.
 */
export async function executeStages(plan: BuildPlan, contexts: OpenContexts, workshop: Workshop): Promise<Drafts> {
  const sources = await digestSources(plan, contexts);
  const keys = await planKeys(plan, sources, workshop);
  const found = await findRecords(keys.all, workshop);
  const deliveries = await beginDeliveries(plan, workshop);
  const runner = stageRunner({
    plan,
    workshop,
    sources,
    keys,
    found,
    inImages: keysInImages(plan, keys),
    deliveries,
    compression: compressionOf(plan),
    files: layerFiles(workshop),
    commands: pool(workshop.settings.jobs),
  });
  const wanted = [...new Set(plan.images.map((image) => image.stage))];
  const results = await Promise.allSettled(wanted.map((stage) => runner.stage(stage)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await deliveries.abort();
    // What is tried once more must not run beside itself.
    if (lostLayer(failed.reason) !== undefined) await runner.idle();
    throw failed.reason;
  }
  const stages = await runner.finished();
  return { stages, deliveries };
}

/** Layers are packed as the outputs want them when they all want the same; else as gzip and treated afterwards. */
function compressionOf(plan: BuildPlan): Compression {
  const asked = plan.images.flatMap((image) =>
    image.request.outputs.map((output) => output.compression ?? { type: 'gzip' as const }),
  );
  const first = asked[0];
  return first && asked.every((one) => compressionText(one) === compressionText(first)) ? first : { type: 'gzip' };
}
