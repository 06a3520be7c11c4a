import {
  choosePlatform,
  isIndexType,
  readConfig,
  readIndex,
  readManifest,
  type Descriptor,
  type Digest,
  type ImageQuery,
  type ImageSource,
  type Layer,
  type ResolvedImage,
  type Surroundings,
} from '../../core/index.ts';
import { storeNameOf } from './names.ts';
import { seenOf } from './seen.ts';

/** Images that were built or pushed here, as bases. */
export const storeImages: ImageSource = {
  name: 'store',
  async resolve(query, workshop) {
    if (!query.reference || query.reference.digest) return undefined;
    const named = await workshop.store.images.get(storeNameOf(query.reference));
    return named && resolveStored(named, query, workshop);
  },
};

async function resolveStored(
  named: Descriptor,
  query: ImageQuery,
  workshop: Surroundings,
): Promise<ResolvedImage | undefined> {
  const digest = isIndexType(named.mediaType)
    ? choosePlatform(readIndex(await blob(named.digest, workshop)).manifests, query.platform)?.digest
    : named.digest;
  if (!digest) return undefined;
  const manifest = readManifest(await blob(digest, workshop));
  const config = readConfig(await blob(manifest.config.digest, workshop));
  const layers = manifest.layers.map((descriptor, at): Layer => ({
    descriptor,
    diffId: config.diffIds[at]!,
    seenIn: seenOf(named, descriptor.digest),
  }));
  return {
    reference: query.text,
    digest,
    config,
    layers,
    open: (descriptor, offset) => openStored(descriptor, seenOf(named, descriptor.digest), offset, workshop),
  };
}

async function* openStored(
  descriptor: Descriptor,
  seenIn: readonly string[],
  offset: number | undefined,
  workshop: Surroundings,
): AsyncGenerator<Uint8Array> {
  const at = seenIn[0];
  if (at === undefined || (await workshop.store.blobs.has(descriptor.digest)))
    yield* workshop.store.blobs.open(descriptor.digest, offset);
  else yield* workshop.registry.openBlob(at, descriptor, offset);
}

async function blob(digest: Digest, workshop: Surroundings): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of workshop.store.blobs.open(digest)) parts.push(chunk);
  return Buffer.concat(parts);
}
