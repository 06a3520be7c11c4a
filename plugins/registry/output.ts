import type {
  BuiltImage,
  FinishedImage,
  Output,
  OutputRequest,
  OutputSession,
  Published,
  Registry,
  Surroundings,
} from '../../core/index.ts';
import { parseReference, printReference } from '../../core/index.ts';
import { pushableBytes, pushableLayer, startPushes } from './blob-pushes.ts';
import { destinationsOf, type Destination } from './destinations.ts';

/** Pushes to registries: layers as soon as they are there, names when all else is. */
export const registryOutput: Output = {
  type: 'registry',
  async begin(request, workshop) {
    return openSession(request, destinationsOf(request), workshop);
  },
};

function openSession(
  request: OutputRequest,
  destinations: readonly Destination[],
  workshop: Surroundings,
): OutputSession {
  const { registry, world } = workshop;
  const pushes = startPushes(registry, destinations, world.report);
  const open: OutputRequest['blobs']['open'] = (layer) => request.blobs.open(layer);
  return {
    growing: (layer) => pushes.grow(layer),
    async layer(layer) {
      pushes.start(pushableLayer(layer, open));
    },
    async finish(image) {
      for (const built of image.platforms) {
        for (const layer of built.layers) pushes.start(pushableLayer(layer, open));
        pushes.start(pushableBytes(built.config, built.configBytes));
      }
      await pushes.settled();
      if (image.index)
        await Promise.all(
          destinations.flatMap((one) => image.platforms.map((built) => putByDigest(registry, one, built))),
        );
      const published = await Promise.all(destinations.map((one) => nameImage(registry, one, image)));
      return published.flat();
    },
    abort: () => pushes.stop(),
  };
}

async function putByDigest(
  registry: Registry,
  { at }: Destination,
  { manifest, manifestBytes }: BuiltImage,
): Promise<void> {
  await registry.putManifest({ ...parseReference(at), digest: manifest.digest }, manifest.mediaType, manifestBytes);
}

/** Gives the names, last of all: who pulls one finds all it leads to. */
async function nameImage(
  registry: Registry,
  { at, names }: Destination,
  image: FinishedImage,
): Promise<readonly Published[]> {
  const only = image.platforms[0]!;
  const top = image.index ?? { descriptor: only.manifest, bytes: only.manifestBytes };
  const { digest, mediaType } = top.descriptor;
  const references = names.length > 0 ? names : [{ ...parseReference(at), digest }];
  const published: Published[] = [];
  for (const reference of references) {
    await registry.putManifest(reference, mediaType, top.bytes);
    published.push({ location: printReference(reference), digest });
  }
  return published;
}
