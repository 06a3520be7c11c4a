import type { Digest } from '../base/brand.ts';
import type { Descriptor, Platform, Reference } from '../oci/image.ts';
import type { Credentials } from './credentials.ts';
import type { GrowingLayer, ResolvedImage } from './model.ts';

/** The distribution protocol, for plugins that speak to registries. */
export interface Registry {
  /** Manifest or index bytes by tag or digest, verified; `undefined` when the registry has none. */
  manifest(
    reference: Reference,
    options?: ManifestOptions,
  ): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array } | undefined>;
  resolve(text: string, reference: Reference, platform: Platform): Promise<ResolvedImage | undefined>;
  /** `at` is `host/repository`. Resumes on its own where the registry lets it; unverified. */
  openBlob(at: string, descriptor: Descriptor, offset?: number): AsyncIterable<Uint8Array>;
  hasBlob(at: string, digest: Digest): Promise<boolean>;
  /** HEAD, then mount from each of `sources` on the same host, then upload. Says which it was. */
  pushBlob(at: string, descriptor: Descriptor, source: BlobPushSource): Promise<'present' | 'mounted' | 'uploaded'>;
  /**
   * Uploads a layer while it is made; `pushBlob` of the finished one to the same place then only closes the upload. Fails
   * in silence: the push does all of it. Resolves when nothing of the layer is read any more.
   */
  uploadGrowing(at: string, layer: GrowingLayer): Promise<void>;
  putManifest(reference: Reference, mediaType: string, bytes: Uint8Array): Promise<Descriptor>;
  /**
   * Shows credentials to a registry, and gives back what is to be kept: these, or the identity token its token service
   * gives for them. Throws `LOGIN_REFUSED` where they are not taken.
   */
  login(registry: string, credentials: Credentials): Promise<Credentials>;
}
export interface ManifestOptions {
  /** Mirrors are not asked: what a name that moves means now is known by its registry alone. */
  readonly direct?: boolean;
}
export interface BlobPushSource {
  /** `host/repository` where the blob is known to lie. */
  readonly mountFrom: readonly string[];
  open(offset?: number): AsyncIterable<Uint8Array>;
  /** Bytes sent so far, for progress. */
  onProgress?(done: number): void;
}
