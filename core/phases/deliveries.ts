import type { Digest, DiffId } from '../base/brand.ts';
import type {
  BuildPlan,
  GrowingLayer,
  ImageRequest,
  Layer,
  OutputSpec,
  PlannedImage,
  PlannedStage,
  StageId,
} from '../contract/model.ts';
import type { Output, OutputSession } from '../contract/offers.ts';
import type { Workshop } from '../contract/workshop.ts';
import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { treatLayer, treatmentOf } from './treat-layer.ts';

/** One output of one image, open since before the first step. */
export interface Delivery {
  readonly request: ImageRequest;
  readonly spec: OutputSpec;
  readonly session: OutputSession;
  /** A layer as this output wants it: compressed its way, with times rewritten where asked. Remembered. */
  treat(layer: Layer): Promise<Layer>;
  /** A layer that is still being made, where this output takes it as it is. */
  growing(layer: GrowingLayer): void;
}

export interface Deliveries {
  readonly all: readonly Delivery[];
  /** Layers of a stage that are ready: sent on at once to every output of the images made of it. */
  layers(stage: StageId, layers: readonly Layer[]): void;
  /** A large layer of a stage has begun. */
  growing(stage: StageId, layer: GrowingLayer): void;
  /** Throws what sending on failed with. */
  settled(): Promise<void>;
  abort(): Promise<void>;
}

/** What an image without any output gets: it stays in the store. */
const keepInStore: OutputSpec = { type: 'store', forceCompression: false, rewriteTimestamp: false, options: [] };

export async function beginDeliveries(plan: BuildPlan, workshop: Workshop): Promise<Deliveries> {
  const all: Delivery[] = [];
  const requests = [...new Set(plan.images.map((image) => image.request))];
  for (const request of requests) {
    const images = plan.images.filter((image) => image.request === request);
    const specs = request.outputs.length > 0 ? request.outputs : [keepInStore];
    for (const spec of specs) all.push(await beginDelivery(request, spec, images, plan, workshop));
  }
  return collect(all, plan);
}

async function beginDelivery(
  request: ImageRequest,
  spec: OutputSpec,
  images: readonly PlannedImage[],
  plan: BuildPlan,
  workshop: Workshop,
): Promise<Delivery> {
  const output = outputOf(spec, workshop.offers.outputs);
  const session = await output.begin(
    {
      image: request,
      spec,
      names: spec.names ?? request.tags,
      platforms: images.map((image) => image.platform),
      blobs: workshop.blobs,
    },
    workshop,
  );
  const base = baseDigests(images, plan);
  const treated = new Map<DiffId, Promise<Layer>>();
  const treat = (layer: Layer): Promise<Layer> => {
    const known = treated.get(layer.diffId);
    if (known) return known;
    const made = treatLayer(layer, spec, base.has(layer.descriptor.digest), workshop);
    treated.set(layer.diffId, made);
    made.catch(() => {});
    return made;
  };
  return {
    request,
    spec,
    session,
    treat,
    growing(layer) {
      if (!treatmentOf(layer.mediaType, spec, false, workshop)) session.growing?.(layer);
    },
  };
}

function outputOf(spec: OutputSpec, outputs: readonly Output[]): Output {
  const output = outputs.find((one) => one.type === spec.type);
  if (output) return output;
  const known = outputs.map((one) => one.type);
  const near = nearest(spec.type, known);
  throw problem('OUTPUT_UNKNOWN', { type: spec.type, known, ...(near === undefined ? {} : { nearest: near }) });
}

function collect(all: readonly Delivery[], plan: BuildPlan): Deliveries {
  const sending: Promise<void>[] = [];
  const wantedBy = (stage: StageId): Delivery[] =>
    all.filter((delivery) => plan.images.some((image) => image.stage === stage && image.request === delivery.request));
  const send = async (delivery: Delivery, layer: Layer): Promise<void> =>
    delivery.session.layer(await delivery.treat(layer));
  return {
    all,
    layers(stage, layers) {
      for (const delivery of wantedBy(stage)) {
        for (const layer of layers) {
          const sent = send(delivery, layer);
          sent.catch(() => {});
          sending.push(sent);
        }
      }
    },
    growing(stage, layer) {
      for (const delivery of wantedBy(stage)) delivery.growing(layer);
    },
    async settled() {
      await Promise.all(sending);
    },
    async abort() {
      await Promise.allSettled(sending);
      await Promise.allSettled(all.map((delivery) => delivery.session.abort()));
    },
  };
}

/** The blobs of the image a chain of stages stands on: these are others' and never rewritten. */
function baseDigests(images: readonly PlannedImage[], plan: BuildPlan): ReadonlySet<Digest> {
  const byId = new Map(plan.stages.map((stage) => [stage.id, stage]));
  const digests = new Set<Digest>();
  for (const image of images) {
    let stage: PlannedStage | undefined = byId.get(image.stage);
    while (stage?.base.kind === 'stage') stage = byId.get(stage.base.stage);
    if (stage?.base.kind === 'image') for (const layer of stage.base.image.layers) digests.add(layer.descriptor.digest);
  }
  return digests;
}
