import type { Descriptor, Layer } from '../../core/index.ts';

const prefix = 'strake.seen/';

/**
 * A layer of a base may never have come to this machine. The store's entry for the image remembers, beside the
 * manifest's descriptor, in which repositories such layers lie.
 */
export function withSeen(manifest: Descriptor, layers: readonly Layer[]): Descriptor {
  const annotations = layers
    .filter((layer) => layer.seenIn.length > 0)
    .map((layer) => [`${prefix}${layer.descriptor.digest}`, layer.seenIn.join(' ')] as const);
  return annotations.length === 0 ? manifest : { ...manifest, annotations };
}

export function seenOf(manifest: Descriptor, digest: string): readonly string[] {
  const found = manifest.annotations?.find(([name]) => name === `${prefix}${digest}`);
  return found ? found[1].split(' ') : [];
}
