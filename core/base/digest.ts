import { createHash, hash } from 'node:crypto';
import type { DiffId, Digest } from './brand.ts';

const shape = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (text: string): text is Digest => shape.test(text);
export const digestOf = (bytes: Uint8Array | string): Digest => `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
/** The 64 hex digits: the name of a blob file. */
export const hexOf = (digest: Digest | DiffId): string => digest.slice(7);
/** As people see it: the first twelve digits. */
export const shortDigest = (digest: Digest | DiffId): string => digest.slice(7, 19);

/** Hashes and counts what passes. */
export interface Meter {
  update(chunk: Uint8Array): void;
  readonly size: number;
  /** Ends the hash; call once. */
  digest(): Digest;
}

export function meter(): Meter {
  const running = createHash('sha256');
  let size = 0;
  return {
    update(chunk) {
      running.update(chunk);
      size += chunk.byteLength;
    },
    get size() {
      return size;
    },
    digest: () => `sha256:${running.digest('hex')}` as Digest,
  };
}

export const asDiffId = (digest: Digest): DiffId => digest as string as DiffId;
