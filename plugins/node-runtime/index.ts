import { definePlugin, type ImageSource, type ResolvedImage, type Surroundings } from '../../core/index.ts';
import { collectFiles } from './collect-files.ts';
import { findNode } from './find-node.ts';
import { runtimeImage } from './runtime-image.ts';

export interface NodeRuntimeOptions {
  /** What Dockerfiles call the image. */
  readonly name?: string;
  /** Path of the node binary; absent: the one that runs this. */
  readonly node?: string;
  /** Programs besides node and the shell. */
  readonly programs?: readonly string[];
}

/** Enough to write RUN lines with; each comes from this machine, with the libraries it is linked with. */
const usualPrograms = [
  'cat',
  'chmod',
  'cp',
  'env',
  'false',
  'id',
  'ln',
  'ls',
  'mkdir',
  'mv',
  'pwd',
  'rm',
  'sleep',
  'touch',
  'true',
  'uname',
];

/**
 * Offers a small base image made out of the node on this machine, the shell, a few programs and the libraries they
 * need: something to build FROM where no registry can be reached.
 */
export const nodeRuntime = definePlugin((options: NodeRuntimeOptions = {}) => ({
  name: 'node-runtime',
  images: [nodeRuntimeImages(options)],
}));

function nodeRuntimeImages(options: NodeRuntimeOptions): ImageSource {
  const name = options.name ?? 'node-runtime';
  const making = new Map<Surroundings['store'], Promise<ResolvedImage>>();
  return {
    name: `node runtime "${name}"`,
    async resolve(query, workshop) {
      if (query.text !== name) return undefined;
      const known = making.get(workshop.store);
      if (known) return known;
      const made = make(name, options, workshop);
      making.set(workshop.store, made);
      made.catch(() => making.delete(workshop.store));
      return made;
    },
  };
}

async function make(name: string, options: NodeRuntimeOptions, workshop: Surroundings): Promise<ResolvedImage> {
  const { world } = workshop;
  const node = options.node ?? (await findNode(world));
  const files = await collectFiles({ node, programs: options.programs ?? usualPrograms }, world);
  return runtimeImage(name, files, workshop);
}
