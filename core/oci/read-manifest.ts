import * as z from 'zod/mini';
import { problem } from '../base/errors.ts';
import type { Descriptor, ImageIndex, Manifest, Platform } from './image.ts';
import { count, digest, firstIssue, given, maybe, text, textMap, texts } from './json-schema.ts';
import { isIndexType, isManifestType, mediaTypes } from './media-types.ts';

const platform = z.object({
  architecture: text,
  os: text,
  'os.version': maybe(text),
  'os.features': maybe(texts),
  variant: maybe(text),
});

const descriptor = z.object({
  mediaType: text,
  digest,
  size: count,
  urls: maybe(texts),
  annotations: maybe(textMap),
  data: maybe(text),
  platform: maybe(platform),
  artifactType: maybe(text),
});

const common = {
  schemaVersion: z.literal(2),
  mediaType: maybe(text),
  artifactType: maybe(text),
  subject: maybe(descriptor),
  annotations: maybe(textMap),
};
const manifest = z.object({ ...common, config: descriptor, layers: z.array(descriptor) });
const index = z.object({ ...common, manifests: z.array(descriptor) });

const invalid = (reason: string, what?: string) =>
  problem('MANIFEST_INVALID', { reason, ...(what !== undefined && { what }) });

/**
 * Reads an image manifest, OCI's or docker's. `mediaType` is what whoever sent it called it; it counts only where the
 * manifest itself says nothing.
 */
export function readManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const content = parse(bytes);
  const type = typeOf(content, mediaType);
  if (!isManifestType(type)) throw problem('MANIFEST_UNSUPPORTED', { mediaType: type });
  const read = z.safeParse(manifest, content);
  if (!read.success) throw invalid(firstIssue(read.error));
  return given({
    mediaType: type,
    config: toDescriptor(read.data.config),
    layers: read.data.layers.map(toDescriptor),
    annotations: read.data.annotations ?? [],
    artifactType: read.data.artifactType,
    subject: read.data.subject && toDescriptor(read.data.subject),
  });
}

/** Reads an image index or docker's manifest list. */
export function readIndex(bytes: Uint8Array, mediaType?: string): ImageIndex {
  const content = parse(bytes);
  const type = typeOf(content, mediaType);
  if (!isIndexType(type)) throw problem('MANIFEST_UNSUPPORTED', { mediaType: type });
  const read = z.safeParse(index, content);
  if (!read.success) throw invalid(firstIssue(read.error), 'The image index');
  return given({
    mediaType: type,
    manifests: read.data.manifests.map(toDescriptor),
    annotations: read.data.annotations ?? [],
    artifactType: read.data.artifactType,
    subject: read.data.subject && toDescriptor(read.data.subject),
  });
}

interface Content {
  readonly mediaType?: unknown;
  readonly schemaVersion?: unknown;
  readonly manifests?: unknown;
  readonly layers?: unknown;
  readonly config?: unknown;
}

function parse(bytes: Uint8Array): Content {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('it is no JSON');
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw invalid('it is no JSON object');
  return content;
}

/** One that could be read both ways is refused: two readers would see two images (CVE-2021-41190). */
function typeOf(content: Content, said: string | undefined): string {
  if (content.manifests !== undefined && (content.layers !== undefined || content.config !== undefined))
    throw invalid('it is manifest and index at once');
  if (typeof content.mediaType === 'string' && content.mediaType !== '') return content.mediaType;
  if (content.schemaVersion === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  const type = said?.split(';')[0]?.trim();
  if (type !== undefined && (isManifestType(type) || isIndexType(type))) return type;
  return content.manifests === undefined ? mediaTypes.manifest : mediaTypes.index;
}

function toDescriptor(read: z.infer<typeof descriptor>): Descriptor {
  return given({ ...read, platform: read.platform && toPlatform(read.platform) });
}

const toPlatform = (read: z.infer<typeof platform>): Platform =>
  given({
    os: read.os,
    architecture: read.architecture,
    variant: read.variant || undefined,
    osVersion: read['os.version'] || undefined,
    osFeatures: read['os.features'],
  });
