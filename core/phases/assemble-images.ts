import { digestOf } from '../base/digest.ts';
import { callRewrite } from '../contract/install.ts';
import type {
  BuildPlan,
  BuiltImage,
  FinishedImage,
  ImageDraft,
  Layer,
  PlannedImage,
  StageId,
} from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { ImageConfig, Platform } from '../oci/image.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { writeConfig } from '../oci/write-config.ts';
import { writeIndex, writeManifest } from '../oci/write-manifest.ts';
import type { Delivery } from './deliveries.ts';
import { draftImage } from './draft-image.ts';
import type { Drafts } from './execute-stages.ts';

/** An image as one of its outputs wants it, ready to be published. */
export interface AssembledImage {
  readonly delivery: Delivery;
  readonly finished: FinishedImage;
  readonly reused: number;
  readonly performed: number;
}

/** Config and manifest bytes, for every output: outputs may differ in compression and times, and so in digests. */
export async function assembleImages(
  drafts: Drafts,
  plan: BuildPlan,
  workshop: Workshop,
): Promise<readonly AssembledImage[]> {
  const made = new Map<PlannedImage, ImageDraft>();
  for (const image of plan.images) {
    const draft = draftImage(image, plan, drafts.stages, workshop.settings);
    made.set(
      image,
      await callRewrite(workshop.hooks.assemble, draft, { world: workshop.world, image: image.request.name }),
    );
  }
  return Promise.all(drafts.deliveries.all.map((delivery) => assembleFor(delivery, made, drafts, plan)));
}

async function assembleFor(
  delivery: Delivery,
  made: ReadonlyMap<PlannedImage, ImageDraft>,
  drafts: Drafts,
  plan: BuildPlan,
): Promise<AssembledImage> {
  const own = [...made].filter(([image]) => image.request === delivery.request);
  const platforms = await Promise.all(own.map(([image, draft]) => buildImage(draft, image.platform, delivery)));
  const results = stagesOf(
    own.map(([image]) => image.stage),
    plan,
  ).flatMap((stage) => drafts.stages.get(stage) ?? []);
  const finished: FinishedImage = {
    name: delivery.request.name,
    tags: delivery.spec.names ?? delivery.request.tags,
    platforms,
    ...(platforms.length > 1 ? { index: indexOf(platforms, own[0]![1].annotations) } : {}),
  };
  return {
    delivery,
    finished,
    reused: results.reduce((sum, result) => sum + result.reused, 0),
    performed: results.reduce((sum, result) => sum + result.performed, 0),
  };
}

/** `asked`: the platform that an index lists the image for. */
async function buildImage(draft: ImageDraft, asked: Platform, delivery: Delivery): Promise<BuiltImage> {
  const layers: readonly Layer[] = await Promise.all(draft.layers.map((layer) => delivery.treat(layer)));
  const config: ImageConfig = {
    platform: draft.platform,
    ...(draft.created === undefined ? {} : { created: draft.created }),
    ...(draft.author === undefined ? {} : { author: draft.author }),
    config: draft.config,
    diffIds: layers.map((layer) => layer.diffId),
    history: draft.history,
  };
  const configBytes = writeConfig(config);
  const configDescriptor = {
    mediaType: mediaTypes.config,
    digest: digestOf(configBytes),
    size: configBytes.byteLength,
  };
  const manifestBytes = writeManifest({
    mediaType: mediaTypes.manifest,
    config: configDescriptor,
    layers: layers.map((layer) => layer.descriptor),
    annotations: draft.annotations,
  });
  return {
    name: draft.name,
    platform: draft.platform,
    manifest: {
      mediaType: mediaTypes.manifest,
      digest: digestOf(manifestBytes),
      size: manifestBytes.byteLength,
      platform: asked,
    },
    manifestBytes,
    config: configDescriptor,
    configBytes,
    layers,
  };
}

function indexOf(
  platforms: readonly BuiltImage[],
  annotations: ImageDraft['annotations'],
): NonNullable<FinishedImage['index']> {
  const bytes = writeIndex({ manifests: platforms.map((image) => image.manifest), annotations });
  return { bytes, descriptor: { mediaType: mediaTypes.index, digest: digestOf(bytes), size: bytes.byteLength } };
}

/** Every stage an image is made of or reads from, whether it had to be carried out or not. */
function stagesOf(wanted: readonly StageId[], plan: BuildPlan): StageId[] {
  const reached = new Set(wanted);
  for (const id of reached) {
    const stage = plan.stages.find((one) => one.id === id);
    if (stage?.base.kind === 'stage') reached.add(stage.base.stage);
    for (const { action } of stage?.steps ?? [])
      if (action.kind === 'copy' && action.origin.kind === 'stage') reached.add(action.origin.stage);
  }
  return [...reached];
}
