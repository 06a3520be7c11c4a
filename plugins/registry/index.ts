import { definePlugin, withDefaultTag, type ImageSource } from '../../core/index.ts';
import { registryOutput } from './output.ts';

/** Images of registries, found by their names. Asked last: it takes every name for its own. */
export const registryImages: ImageSource = {
  name: 'registry',
  async resolve({ text, reference, platform }, { registry }) {
    return reference && registry.resolve(text, withDefaultTag(reference), platform);
  },
};

export { registryOutput };

/** Registries as the place where bases come from and images go. */
export const registryPlugin = definePlugin(() => ({
  name: 'registry',
  images: [registryImages],
  outputs: [registryOutput],
}));
