import type { FinishedImage, Output } from '../../core/index.ts';
import { destinationOf, optionsOf, problem } from './destination.ts';
import { blobName, documentFiles, indexFile, layerFile, layoutMarker, type LayoutFile } from './layout-files.ts';
import { layersOf, published } from './oci.ts';
import { writeArchive } from './write-archive.ts';

/** What `docker load` takes: an OCI layout with a `manifest.json` on top, as docker 25 and later save it. */
export const dockerOutput: Output = {
  type: 'docker',
  async begin(request, workshop) {
    const dest = destinationOf(request, workshop.world, 'file');
    optionsOf(request, []);
    if (request.platforms.length > 1) throw problem('PLATFORMS_TOO_MANY', { count: request.platforms.length });
    return {
      layer: async () => {},
      async finish(image) {
        const files: LayoutFile[] = [
          layoutMarker,
          indexFile(image, request.names),
          manifestFile(image, request.names),
          ...documentFiles(image),
          ...layersOf(image).map((layer) => layerFile(layer, request.blobs)),
        ];
        await writeArchive(dest, files);
        return [published(`docker-archive:${dest}`, image)];
      },
      abort: async () => {},
    };
  },
};

/** Layers are named once a layer of the image, also where two of them are the same blob. */
function manifestFile(image: FinishedImage, names: readonly string[]): LayoutFile {
  const built = image.platforms[0]!;
  const text = JSON.stringify([
    {
      Config: blobName(built.config.digest),
      RepoTags: names.map((name) => (/:[^/]+$/.test(name) ? name : `${name}:latest`)),
      Layers: built.layers.map((layer) => blobName(layer.descriptor.digest)),
    },
  ]);
  const bytes = Buffer.from(text);
  return { name: 'manifest.json', size: bytes.byteLength, open: () => [bytes] };
}
