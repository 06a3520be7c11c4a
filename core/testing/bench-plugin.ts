import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { hostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { BuiltImage, FinishedImage } from '../contract/model.ts';
import type { ContextSource, ImageSource, Output } from '../contract/offers.ts';
import { definePlugin } from '../contract/plugin.ts';
import type { Platform, RuntimeConfig } from '../oci/image.ts';
import { assembleOffer } from '../worker/assemble-offer.ts';
import { layersTree, treeLayer } from './layer-trees.ts';
import { baseOf, digestOfImage } from './tree-images.ts';
import type { Tree } from './trees.ts';

/** A base image that a Dockerfile of a bench may name. */
export interface BenchBase {
  readonly files: Tree;
  readonly config?: Partial<RuntimeConfig>;
}

/** An image that reached the end of a bench's build, with its files read. */
export interface TriedImage {
  readonly platform: Platform;
  readonly files: Tree;
  readonly built: BuiltImage;
}

export interface Arrived {
  readonly finished: FinishedImage;
  readonly platforms: readonly TriedImage[];
}

export interface BenchPluginOptions {
  readonly bases: Readonly<Record<string, BenchBase>>;
  /** Told of every image that was built. */
  readonly arrived: (image: Arrived) => void;
}

/** The output of a bench. */
export const memoryType = 'memory';

/** What a build needs at the least: directories as contexts, images made of literals as bases, an output in memory. */
export const benchPlugin = definePlugin(({ bases, arrived }: BenchPluginOptions) => ({
  name: 'testing-bench',
  // After what is tried: that is asked first.
  enforce: 'post' as const,
  contexts: [directories],
  images: [literals(bases)],
  outputs: [memory(arrived)],
  isolations: [assembleOffer()],
}));

const directories: ContextSource = {
  schemes: ['file'],
  async open({ location }, world) {
    const path = resolve(world.cwd, location);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw problem('CONTEXT_NOT_FOUND', { path: location });
    return { root: hostPath(realpathSync(path)), label: 'the tree', async [Symbol.asyncDispose]() {} };
  },
};

const literals = (bases: BenchPluginOptions['bases']): ImageSource => ({
  name: 'testing-bases',
  async resolve({ text, platform }, { store }) {
    const base = Object.hasOwn(bases, text) ? bases[text] : undefined;
    if (base === undefined) return undefined;
    const layers = [await treeLayer(store, base.files)];
    return baseOf(store, text, { layers, platform, ...(base.config && { config: base.config }) });
  },
});

const memory = (arrived: BenchPluginOptions['arrived']): Output => ({
  type: memoryType,
  async begin({ blobs }) {
    return {
      layer: async () => {},
      abort: async () => {},
      async finish(finished) {
        const platforms: TriedImage[] = [];
        for (const built of finished.platforms)
          platforms.push({ platform: built.platform, built, files: await layersTree(built.layers, blobs) });
        arrived({ finished, platforms });
        return [{ location: `memory:${finished.name}`, digest: digestOfImage(finished) }];
      },
    };
  },
});
