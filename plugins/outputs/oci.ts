import type { FinishedImage, Layer, Output, OutputRequest, OutputSession } from '../../core/index.ts';
import { destinationOf, optionsOf } from './destination.ts';
import { documentFiles, indexFile, layerFile, layoutMarker, type LayoutFile } from './layout-files.ts';
import { layoutWriter } from './layout-writer.ts';
import { writeArchive } from './write-archive.ts';

/** An OCI image layout: a directory with `tar=false`, else a tar of one. */
export const ociOutput: Output = {
  type: 'oci',
  async begin(request, workshop) {
    const asTar = optionsOf(request, ['tar'])('tar') !== 'false';
    const dest = destinationOf(request, workshop.world, asTar ? 'file' : 'folder');
    return asTar ? archiveSession(dest, request) : directorySession(dest, request);
  },
};

/** Layers are written as they come; `index.json`, which makes an image of them, is put last. */
function directorySession(dest: string, request: OutputRequest): OutputSession {
  const writer = layoutWriter(dest);
  return {
    layer: (layer) => writer.put(layerFile(layer, request.blobs)),
    async finish(image) {
      for (const layer of layersOf(image)) await writer.put(layerFile(layer, request.blobs));
      for (const file of documentFiles(image)) await writer.put(file);
      await writer.put(layoutMarker);
      await writer.replace(indexFile(image, request.names));
      return [published(`oci:${dest}`, image)];
    },
    abort: () => writer.abort(),
  };
}

/** A tar is one stream, so it is written when all is known: to a temp name beside the place, then renamed. */
function archiveSession(dest: string, request: OutputRequest): OutputSession {
  return {
    layer: async () => {},
    async finish(image) {
      const files: LayoutFile[] = [
        layoutMarker,
        indexFile(image, request.names),
        ...documentFiles(image),
        ...layersOf(image).map((layer) => layerFile(layer, request.blobs)),
      ];
      await writeArchive(dest, files);
      return [published(`oci-archive:${dest}`, image)];
    },
    abort: async () => {},
  };
}

/** Every layer once. */
export const layersOf = (image: FinishedImage): Layer[] => [
  ...new Map(
    image.platforms.flatMap((built) => built.layers.map((layer) => [layer.descriptor.digest, layer] as const)),
  ).values(),
];

export const published = (location: string, image: FinishedImage) => ({
  location,
  digest: (image.index?.descriptor ?? image.platforms[0]!.manifest).digest,
});
