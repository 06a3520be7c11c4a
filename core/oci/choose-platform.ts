import type { Descriptor, Platform } from './image.ts';
import { isIndexType, isManifestType } from './media-types.ts';
import { platformDistance, printPlatform } from './platform.ts';

/** The manifest of an index that suits a platform best; `undefined` when none does. */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const images = manifests.filter(isImage);
  let best: Descriptor | undefined;
  let bestDistance = Infinity;
  for (const image of images) {
    if (!image.platform) continue;
    const distance = platformDistance(wanted, image.platform) ?? Infinity;
    if (distance < bestDistance || (distance === bestDistance && best && isNewer(image, best))) {
      best = image;
      bestDistance = distance;
    }
  }
  // An index of one image may leave out what it is for; its config says it.
  return best ?? (images.length === 1 && !images[0]!.platform ? images[0] : undefined);
}

/** What an index has, as people write it, for the problem that names it. */
export const platformsIn = (manifests: readonly Descriptor[]): readonly string[] => [
  ...new Set(manifests.filter(isImage).flatMap(({ platform }) => (platform ? [printPlatform(platform)] : []))),
];

/** Attestations stand in an index as images for a platform that is none. */
const isImage = ({ mediaType, platform, annotations = [] }: Descriptor): boolean =>
  (isManifestType(mediaType) || isIndexType(mediaType)) &&
  platform?.os !== 'unknown' &&
  !annotations.some(([key]) => key === 'vnd.docker.reference.type');

/** Of two Windows images that suit alike the one with the later revision. */
function isNewer(a: Descriptor, b: Descriptor): boolean {
  const revision = ({ platform }: Descriptor): number[] => (platform?.osVersion ?? '').split('.').map(Number);
  const [left, right] = [revision(a), revision(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && left[at]! > (right[at] ?? 0);
}
