import { callMoment } from '../contract/install.ts';
import type { BuildResult, Published } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { AssembledImage } from './assemble-images.ts';
import type { Drafts } from './execute-stages.ts';

/** Publishes every image to its outputs. Where one fails, those that have not finished leave nothing behind. */
export async function pushImages(
  images: readonly AssembledImage[],
  drafts: Drafts,
  workshop: Workshop,
): Promise<readonly BuildResult[]> {
  try {
    await drafts.deliveries.settled();
    const published = await Promise.all(images.map((image) => image.delivery.session.finish(image.finished)));
    for (const [at, places] of published.entries()) await tell(places, images[at]!, workshop);
    return results(images, published, workshop);
  } catch (error) {
    await drafts.deliveries.abort();
    throw error;
  }
}

async function tell(places: readonly Published[], image: AssembledImage, workshop: Workshop): Promise<void> {
  const name = image.finished.name;
  for (const place of places) {
    workshop.world.report({ type: 'pushed', image: name, location: place.location, digest: place.digest });
    await callMoment(workshop.hooks.pushed, place, { world: workshop.world, image: name });
  }
}

/** One result an image, with what all its outputs published; the first output's digests speak for it. */
function results(
  images: readonly AssembledImage[],
  published: readonly (readonly Published[])[],
  workshop: Workshop,
): BuildResult[] {
  const byName = new Map<string, BuildResult>();
  images.forEach((image, at) => {
    const { name } = image.finished;
    const known = byName.get(name);
    const places = [...(known?.published ?? []), ...published[at]!];
    byName.set(
      name,
      known
        ? { ...known, published: places }
        : {
            image: name,
            finished: image.finished,
            published: places,
            reused: image.reused,
            performed: image.performed,
          },
    );
    if (!known) reportImage(image, workshop);
  });
  return [...byName.values()];
}

function reportImage(image: AssembledImage, workshop: Workshop): void {
  for (const built of image.finished.platforms) {
    workshop.world.report({
      type: 'image',
      image: image.finished.name,
      platform: [built.platform.os, built.platform.architecture, built.platform.variant].filter(Boolean).join('/'),
      digest: (image.finished.index?.descriptor ?? built.manifest).digest,
      size: built.layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
      layers: built.layers.length,
      reusedLayers: image.reused,
    });
  }
}
