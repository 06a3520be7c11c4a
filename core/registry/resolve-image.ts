import { digestOf } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { Layer, ResolvedImage } from '../contract/model.ts';
import type { Registry } from '../contract/registry.ts';
import { choosePlatform, platformsIn } from '../oci/choose-platform.ts';
import type { Descriptor, ImageConfig, Manifest, Platform, Reference } from '../oci/image.ts';
import { isConfigType, isIndexType } from '../oci/media-types.ts';
import { printPlatform } from '../oci/platform.ts';
import { readConfig } from '../oci/read-config.ts';
import { readIndex, readManifest } from '../oci/read-manifest.ts';
import type { Exchange } from './exchange.ts';
import type { RawManifest } from './manifests.ts';
import { despiteMirrors, type Mirrors } from './mirrors.ts';
import { placeText } from './places.ts';
import type { Remember } from './remember.ts';
import { absent } from './tags.ts';

export interface ResolveDeps extends Pick<Registry, 'manifest' | 'openBlob'>, Pick<Mirrors, 'placesOf'> {
  readonly exchange: Exchange;
  readonly remember: Remember;
}

export interface ImageWanted {
  /** As the Dockerfile or config named it. */
  readonly text: string;
  readonly reference: Reference;
  readonly platform: Platform;
}

/** Indexes may name indexes; nobody nests deeper. */
const deepest = 3;
/** Bytes. */
const configLimit = 8 << 20;

/** Name → manifest of the platform → config: all that is to be known of an image without its files. */
export async function resolveImage(deps: ResolveDeps, wanted: ImageWanted): Promise<ResolvedImage> {
  const { reference, text } = wanted;
  const named = await deps.manifest(reference);
  if (named === undefined)
    throw await absent(
      deps.exchange,
      deps.placesOf(reference).at(-1)!,
      text,
      reference.digest ? undefined : (reference.tag ?? 'latest'),
    );
  const raw = await ofPlatform(deps, wanted, named);
  const manifest = readManifest(raw.bytes, raw.descriptor.mediaType);
  const at = placeText(reference);
  const config = await readConfigBlob(deps, at, manifest.config);
  return {
    reference: text,
    digest: raw.descriptor.digest,
    config,
    layers: pairLayers(manifest, config, at),
    open: (descriptor, offset) => deps.openBlob(at, descriptor, offset),
  };
}

async function ofPlatform(
  deps: ResolveDeps,
  { text, reference, platform }: ImageWanted,
  named: RawManifest,
): Promise<RawManifest> {
  let raw = named;
  for (let depth = 0; isIndexType(raw.descriptor.mediaType); depth++) {
    if (depth === deepest) throw problem('MANIFEST_INVALID', { reason: 'its indexes are nested too deep', what: text });
    const { manifests } = readIndex(raw.bytes, raw.descriptor.mediaType);
    const chosen = choosePlatform(manifests, platform);
    if (chosen === undefined)
      throw problem('PLATFORM_NOT_OFFERED', {
        image: text,
        wanted: printPlatform(platform),
        available: platformsIn(manifests),
      });
    const next = await deps.manifest({
      registry: reference.registry,
      repository: reference.repository,
      digest: chosen.digest,
    });
    if (next === undefined)
      throw problem('MANIFEST_UNKNOWN', { image: `${placeText(reference)}@${chosen.digest}`, known: [] });
    raw = next;
  }
  return raw;
}

async function readConfigBlob(deps: ResolveDeps, at: string, descriptor: Descriptor): Promise<ImageConfig> {
  const { digest, size, mediaType } = descriptor;
  // Charts, signatures and the like are stored as manifests too.
  if (!isConfigType(mediaType))
    throw problem('IMAGE_CONFIG_INVALID', { reason: `its type ${mediaType} is not that of an image` });
  if (size > configLimit) throw problem('IMAGE_CONFIG_INVALID', { reason: `it has ${size} bytes` });
  const kept = await deps.remember.get(digest);
  if (kept) return readConfig(kept);
  const bytes = await despiteMirrors(async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of deps.openBlob(at, descriptor)) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
  const actual = digestOf(bytes);
  if (actual !== digest)
    throw problem('DIGEST_MISMATCH', { what: `The image config in ${at}`, expected: digest, actual });
  await deps.remember.put(digest, bytes);
  return readConfig(bytes);
}

function pairLayers({ layers }: Manifest, { diffIds }: ImageConfig, at: string): readonly Layer[] {
  if (layers.length !== diffIds.length)
    throw problem('IMAGE_CONFIG_INVALID', { reason: `it has ${diffIds.length} diff ids for ${layers.length} layers` });
  return layers.map((descriptor, index) => ({ descriptor, diffId: diffIds[index]!, seenIn: [at] }));
}
