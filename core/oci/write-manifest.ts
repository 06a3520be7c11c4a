import type { Descriptor, ImageIndex, Manifest, Platform } from './image.ts';
import { list, map, object, optional, text, texts, type Written } from './go-json.ts';
import { mediaTypeIn, mediaTypes, type Dialect } from './media-types.ts';

/** Canonical bytes of an image manifest, in the members' order of the image specification. */
export const writeManifest = (manifest: Manifest): Buffer =>
  Buffer.from(
    object([
      ['schemaVersion', '2'],
      ['mediaType', text(manifest.mediaType)],
      ['artifactType', optional(manifest.artifactType)],
      ['config', writeDescriptor(manifest.config)],
      ['layers', list(manifest.layers.map(writeDescriptor))],
      ['subject', manifest.subject && writeDescriptor(manifest.subject)],
      ['annotations', map(manifest.annotations)],
    ]),
  );

/** Canonical bytes of an image index; an OCI one unless it says otherwise. */
export const writeIndex = (index: Omit<ImageIndex, 'mediaType'> & { readonly mediaType?: string }): Buffer =>
  Buffer.from(
    object([
      ['schemaVersion', '2'],
      ['mediaType', text(index.mediaType ?? mediaTypes.index)],
      ['artifactType', optional(index.artifactType)],
      ['manifests', list(index.manifests.map(writeDescriptor))],
      ['subject', index.subject && writeDescriptor(index.subject)],
      ['annotations', map(index.annotations)],
    ]),
  );

/** The manifest in one dialect throughout: registries that take docker's alone refuse OCI's, and Windows the other way. */
export const manifestIn = (dialect: Dialect, manifest: Manifest): Manifest => {
  const translated = (it: Descriptor): Descriptor => ({ ...it, mediaType: mediaTypeIn(dialect, it.mediaType) });
  return {
    ...manifest,
    mediaType: mediaTypeIn(dialect, manifest.mediaType),
    config: translated(manifest.config),
    layers: manifest.layers.map(translated),
    // Docker's schema has no annotations.
    annotations: dialect === 'docker' ? [] : manifest.annotations,
  };
};

const writeDescriptor = (it: Descriptor): string =>
  object([
    ['mediaType', text(it.mediaType)],
    ['digest', text(it.digest)],
    ['size', String(it.size)],
    ['urls', texts(it.urls)],
    ['annotations', map(it.annotations)],
    ['data', optional(it.data)],
    ['platform', it.platform && writePlatform(it.platform)],
    ['artifactType', optional(it.artifactType)],
  ]);

const writePlatform = (platform: Platform): Written =>
  object([
    ['architecture', text(platform.architecture)],
    ['os', text(platform.os)],
    ['os.version', optional(platform.osVersion)],
    ['os.features', texts(platform.osFeatures)],
    ['variant', optional(platform.variant)],
  ]);
