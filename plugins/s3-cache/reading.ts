import { BuildError, type DiffId, type Digest, type Layer, type Surroundings } from '../../core/index.ts';
import { withinSeconds } from '../shared/caching/within-seconds.ts';
import { openObjects, type CacheObjects, type Kind } from './objects.ts';
import type { S3CacheSettings } from './options.ts';
import { readPages, unpackIndex, type Pages } from './pages.ts';
import { problem } from './problems.ts';

/** What one build reads of the cache. */
export interface Reading {
  objects(): Promise<CacheObjects>;
  /** As the cache was when it was first asked; reads once. */
  read(): Promise<Pages>;
  /** Was its layer there as the build began, and has nobody found it damaged since? */
  has(layer: Layer): Promise<boolean>;
  /** Was it found damaged by this build? */
  isLost(digest: Digest): boolean;
  readIndex(diffId: DiffId): Promise<Uint8Array | undefined>;
  /** `undefined`: it was not there as the build began, and was not sent since. */
  readLayer(layer: Layer, wasSent: boolean): Promise<AsyncIterable<Uint8Array> | undefined>;
}

export const isDamage = (error: unknown): boolean => BuildError.is(error) && error.code === 's3-cache/DAMAGED';

export function openReading(settings: S3CacheSettings, around: Surroundings): Reading {
  const { policy, timeout, bucket } = settings;
  let opened: Promise<CacheObjects> | undefined;
  let reading: Promise<Pages> | undefined;
  const lost = new Set<Digest>();

  const objects = (): Promise<CacheObjects> => (opened ??= openObjects(settings, around));

  /** It goes as it is met, so that the next build that has it leaves it anew; where it may only be read it stays. */
  const drop = async (kind: Kind, digest: Digest): Promise<void> => {
    lost.add(digest);
    if (policy.writes) await (await objects()).remove(kind, [digest]).catch(() => {});
  };
  const tell = async (kind: Kind, digest: Digest): Promise<void> => {
    const { message } = problem('DAMAGED', { object: (await objects()).nameOf(kind, digest) });
    around.world.report({ type: 'notice', level: 'warning', code: 'CACHE_DAMAGED', message });
    await drop(kind, digest);
  };
  const begin = async (): Promise<Pages> => {
    const pages = await readPages(await objects(), around);
    for (const digest of pages.damaged) await tell('pages', digest);
    return pages;
  };
  const read = (): Promise<Pages> =>
    (reading ??= withinSeconds(timeout, begin(), () => problem('SLOW', { cache: `s3://${bucket}`, seconds: timeout })));

  const dropping = async function* (
    digest: Digest,
    bytes: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void> {
    try {
      yield* bytes;
    } catch (error) {
      if (isDamage(error)) await drop('blobs', digest);
      throw error;
    }
  };

  const has = async ({ descriptor: { digest, size } }: Layer): Promise<boolean> =>
    !lost.has(digest) && (await read()).blobs.get(digest)?.size === size;

  return {
    objects,
    read,
    has,
    isLost: (digest) => lost.has(digest),
    async readIndex(diffId) {
      const said = (await read()).catalog.indexes.get(diffId);
      if (!said) return undefined;
      try {
        const bytes = await (await objects()).read('indexes', said.digest);
        return bytes && (await unpackIndex(bytes));
      } catch (error) {
        if (!isDamage(error)) throw error;
        await tell('indexes', said.digest);
        return undefined;
      }
    },
    async readLayer(layer, wasSent) {
      if (!wasSent && !(await has(layer))) return undefined;
      return dropping(layer.descriptor.digest, await (await objects()).readLayer(layer));
    },
  };
}
