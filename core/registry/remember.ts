import type { Digest } from '../base/brand.ts';
import { digestOf } from '../base/digest.ts';

/** Keeps manifests and configs by digest, so that a second build asks once for each base. May forget. */
export interface Remember {
  get(digest: Digest): Promise<Uint8Array | undefined>;
  put(digest: Digest, bytes: Uint8Array): Promise<void>;
}

/** Keeps what fits in memory for the time of a build, in front of what outlives it. What it gives is verified. */
export function rememberVerified(behind: Remember | undefined): Remember {
  const near = new Map<Digest, Uint8Array>();
  return {
    async get(digest) {
      const held = near.get(digest);
      if (held !== undefined) return held;
      const kept = await behind?.get(digest).catch(() => undefined);
      if (kept === undefined || digestOf(kept) !== digest) return undefined;
      near.set(digest, kept);
      return kept;
    },
    async put(digest, bytes) {
      near.set(digest, bytes);
      // Losing it costs a request of the next build, never this one.
      await behind?.put(digest, bytes).catch(() => {});
    },
  };
}
