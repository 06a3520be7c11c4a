import { basename } from 'node:path';
import { isDigest } from '../base/digest.ts';
import { BuildError } from '../base/errors.ts';
import type { CacheBackend } from '../contract/caches.ts';
import type { Layer } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';

/**
 * A record is believed until somebody reads its layer. Where the bytes then turn out to be damaged or gone, the build
 * goes on as if no cache had known the layer: everything else is found again, and the step is carried out.
 */
export async function unlessLayersLost<T>(workshop: Workshop, attempt: (workshop: Workshop) => Promise<T>): Promise<T> {
  const given = new Map<string, Layer>();
  const lost = new Set<Layer['descriptor']['digest']>();
  const { offers, world } = workshop;
  const caches = offers.caches.map((cache) => watched(cache, workshop, given, lost));
  for (;;) {
    try {
      return await attempt({ ...workshop, offers: { ...offers, caches } });
    } catch (error) {
      const layer = given.get(lostLayer(error) ?? '');
      if (!layer || lost.has(layer.descriptor.digest) || world.signal.aborted) throw error;
      lost.add(layer.descriptor.digest);
      const { message } = error as BuildError;
      world.report({
        type: 'notice',
        level: 'warning',
        code: 'CACHED_LAYER_LOST',
        message: `${message} What a cache remembers of this layer is not used; its step is carried out again.`,
      });
    }
  }
}

/** Digest or diff id of the layer that an error says cannot be read. */
export function lostLayer(error: unknown): string | undefined {
  if (!BuildError.is(error)) return undefined;
  const { digest, expected, path } = error.facts as Readonly<Record<string, string | undefined>>;
  switch (error.code) {
    case 'LAYER_LOST':
    case 'BLOB_UNKNOWN':
      return digest;
    case 'DIGEST_MISMATCH':
      return expected;
    case 'STORE_DAMAGED': {
      const named = `sha256:${basename(path ?? '')}`;
      return isDigest(named) ? named : undefined;
    }
    default:
      return undefined;
  }
}

/** The cache, which from now on is asked nothing about layers that are lost. */
function watched(
  cache: CacheBackend,
  workshop: Workshop,
  given: Map<string, Layer>,
  lost: ReadonlySet<string>,
): CacheBackend {
  return {
    name: cache.name,
    async find(keys) {
      const found = [...(await cache.find(keys, workshop))].filter(
        ([, { layer }]) => !lost.has(layer.descriptor.digest),
      );
      for (const [, { layer }] of found) given.set(layer.descriptor.digest, layer).set(layer.diffId, layer);
      return new Map(found);
    },
    save: (record, _, facts) => cache.save(record, workshop, facts),
  };
}
