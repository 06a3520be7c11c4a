import { createHash, timingSafeEqual } from 'node:crypto';

const sealSize = 32;
const sealOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** An index with its SHA-256 before it, as no name says what its bytes should be. */
export const sealed = (index: Uint8Array): readonly Uint8Array[] => [sealOf(index), index];

/** `undefined`: not what was written. */
export function unsealed(bytes: Buffer): Uint8Array | undefined {
  const index = bytes.subarray(sealSize);
  return bytes.length > sealSize && timingSafeEqual(sealOf(index), bytes.subarray(0, sealSize)) ? index : undefined;
}
