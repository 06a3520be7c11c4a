import { entry } from './entry.ts';

/** What is wrong with images that others made: manifests, configs, indexes. */
export const image = {
  MANIFEST_INVALID: entry<{ reason: string; what?: string }>({
    title: 'An image manifest is not valid',
    exit: 1,
    message: ({ reason, what }) => `${what ?? 'The manifest'} cannot be used: ${reason}.`,
    hint: () => 'Whoever pushed the image wrote it wrongly, or the name belongs to something that is no image.',
  }),
  MANIFEST_UNSUPPORTED: entry<{ mediaType: string }>({
    title: 'A manifest is of a kind that strake does not read',
    exit: 1,
    message: ({ mediaType }) => `The media type is ${mediaType}.`,
    hint: ({ mediaType }) =>
      mediaType.includes('manifest.v1') ? 'Schema 1 is long gone from registries: push the image again.' : undefined,
  }),
  IMAGE_CONFIG_INVALID: entry<{ reason: string }>({
    title: 'An image config is not valid',
    exit: 1,
    message: ({ reason }) => `The image config cannot be used: ${reason}.`,
  }),
  PLATFORM_NOT_OFFERED: entry<{ image: string; wanted: string; available: readonly string[] }>({
    title: 'The image does not exist for this platform',
    exit: 2,
    message: ({ image, wanted }) => `${image} has no ${wanted}.`,
    hint: ({ available }) =>
      available.length > 0 ? `It is there for ${available.join(', ')}.` : 'It names no platform at all.',
  }),
};
