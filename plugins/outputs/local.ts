import { join } from 'node:path';
import type { BuiltImage, Output } from '../../core/index.ts';
import { destinationOf, optionsOf } from './destination.ts';
import { published } from './oci.ts';
import { writeTree } from './write-tree.ts';

/** The files of an image, as the user who builds: no owners, no devices. One folder a platform where there are several. */
export const localOutput: Output = {
  type: 'local',
  async begin(request, workshop) {
    const dest = destinationOf(request, workshop.world, 'folder');
    optionsOf(request, []);
    return {
      layer: async () => {},
      async finish(image) {
        for (const built of image.platforms) {
          await writeTree(image.platforms.length > 1 ? join(dest, folderOf(built)) : dest, built.layers, workshop);
        }
        return [published(`local:${dest}`, image)];
      },
      abort: async () => {},
    };
  },
};

const folderOf = ({ platform }: BuiltImage): string =>
  [platform.os, platform.architecture, platform.variant].filter(Boolean).join('_');
