import {
  defineProblems,
  entry,
  type BuiltImage,
  type FinishedImage,
  type Layer,
  type Output,
  type Store,
} from '../../core/index.ts';
import { storeName } from './names.ts';
import { withSeen } from './seen.ts';

const problem = defineProblems('store', {
  OPTION_UNKNOWN: entry<{ name: string }>({
    title: 'An output has an unknown option',
    exit: 2,
    message: ({ name }) => `Outputs of type "store" have no option "${name}".`,
    hint: () => 'They have none.',
  }),
});

/** Leaves an image in the store under its names. Its own layers lie there already; those of its base stay where they are. */
export const storeOutput: Output = {
  type: 'store',
  async begin(request, workshop) {
    for (const [name] of request.spec.options) throw problem('OPTION_UNKNOWN', { name });
    return {
      layer: async () => {},
      abort: async () => {},
      async finish(image) {
        const { store } = workshop;
        for (const built of image.platforms) await putImage(built, store);
        const layers = image.platforms.flatMap((built): readonly Layer[] => built.layers);
        // Layers of a cache that is no registry are nowhere else to be had later.
        await Promise.all(
          layers.filter((layer) => layer.seenIn.length === 0).map((layer) => request.blobs.fetch(layer)),
        );
        const manifest = withSeen(await putTop(image, store), layers);
        const names = request.names.length > 0 ? request.names : [request.image.name];
        for (const name of names) await store.images.put(storeName(name), manifest);
        return names.map((name) => ({ location: `store:${storeName(name)}`, digest: manifest.digest }));
      },
    };
  },
};

async function putImage(built: BuiltImage, store: Store): Promise<void> {
  await store.blobs.write([built.configBytes], built.config);
  await store.blobs.write([built.manifestBytes], built.manifest);
}

async function putTop(image: FinishedImage, store: Store): Promise<BuiltImage['manifest']> {
  if (!image.index) return image.platforms[0]!.manifest;
  await store.blobs.write([image.index.bytes], image.index.descriptor);
  return image.index.descriptor;
}
