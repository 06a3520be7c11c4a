import type { Digest } from '../../base/brand.ts';
import { asDiffId, digestOf, isDigest } from '../../base/digest.ts';
import type { Layer } from '../../contract/model.ts';
import { choosePlatform } from '../../oci/choose-platform.ts';
import type { Platform, RuntimeConfig } from '../../oci/image.ts';
import { isIndexType } from '../../oci/media-types.ts';
import { readConfig } from '../../oci/read-config.ts';
import { readIndex, readManifest } from '../../oci/read-manifest.ts';
import { layersTree, packTree } from '../layer-trees.ts';
import { problem } from '../problems.ts';
import { digestOfImage, finishedImage, imageOf } from '../tree-images.ts';
import type { Tree } from '../trees.ts';
import { keepManifest, repositoryOf, type Repositories, type Repository } from './shelves.ts';

interface Place {
  readonly repository: string;
  /** A tag or a digest. */
  readonly name: string;
}

/** An image out of literals, as if somebody had pushed it. */
export async function putImage(
  repositories: Repositories,
  { repository, name }: Place,
  platforms: readonly { readonly platform: Platform; readonly files: Tree }[],
  config: Partial<RuntimeConfig>,
): Promise<Digest> {
  const shelf = repositoryOf(repositories, repository);
  const images = [];
  for (const { platform, files } of platforms) {
    const { layer, bytes } = await packTree(files);
    const image = imageOf(repository, { layers: [layer], platform, config });
    shelf.blobs.set(layer.descriptor.digest, bytes).set(image.config.digest, image.configBytes);
    const byDigest = platforms.length > 1 ? image.manifest.digest : name;
    keepManifest(shelf, byDigest, { mediaType: image.manifest.mediaType, bytes: image.manifestBytes });
    images.push(image);
  }
  const finished = finishedImage(repository, [], images);
  if (finished.index)
    keepManifest(shelf, name, { mediaType: finished.index.descriptor.mediaType, bytes: finished.index.bytes });
  return digestOfImage(finished);
}

/** What an image in the registry holds; every digest on the way is looked up again. */
export async function imageFiles(
  repositories: Repositories,
  { repository, name }: Place,
  platform: Platform = { os: 'linux', architecture: 'amd64' },
): Promise<Tree> {
  const shelf = repositories.get(repository);
  const digest = isDigest(name) ? name : shelf?.tags.get(name);
  if (!shelf || digest === undefined) throw problem('IMAGE_MISSING', { name: `${repository}:${name}` });
  const manifest = readManifest(manifestBytes(shelf, digest, platform, `${repository}:${name}`));
  const blob = (wanted: Digest): Uint8Array => {
    const bytes = shelf.blobs.get(wanted);
    if (bytes === undefined || digestOf(bytes) !== wanted) throw problem('IMAGE_MISSING', { name: wanted });
    return bytes;
  };
  const { diffIds } = readConfig(blob(manifest.config.digest));
  const layers = manifest.layers.map((descriptor, at): Layer => {
    return { descriptor, diffId: diffIds[at] ?? asDiffId(descriptor.digest), seenIn: [] };
  });
  return layersTree(layers, {
    async *open({ descriptor }) {
      yield blob(descriptor.digest);
    },
  });
}

function manifestBytes(shelf: Repository, digest: Digest, platform: Platform, name: string): Uint8Array {
  const stored = shelf.manifests.get(digest);
  if (!stored) throw problem('IMAGE_MISSING', { name });
  if (!isIndexType(stored.mediaType)) return stored.bytes;
  const chosen = choosePlatform(readIndex(stored.bytes).manifests, platform);
  if (!chosen) throw problem('IMAGE_MISSING', { name: `${name} for ${platform.os}/${platform.architecture}` });
  return manifestBytes(shelf, chosen.digest, platform, name);
}
