import type { Digest } from '../base/brand.ts';
import { BuildError } from '../base/errors.ts';
import type { BlobStore } from '../contract/store.ts';

/**
 * Who unpacks a damaged blob stumbles before its end, where digests are compared, and can only say that something is
 * wrong. Gives the blob's own fault where it has one, else the error.
 */
export async function readFault(error: unknown, digest: Digest, blobs: BlobStore): Promise<unknown> {
  if (!BuildError.is(error) || !(await blobs.has(digest))) return error;
  try {
    for await (const _ of blobs.open(digest));
    return error;
  } catch (fault) {
    return fault;
  }
}
