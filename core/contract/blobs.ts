import type { Digest } from '../base/brand.ts';
import type { LayerIndex } from '../archive/entry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Layer, ResolvedImage } from './model.ts';

/** Bytes of layers, wherever they lie. */
export interface Blobs {
  /** Tells where blobs of this image can be had. */
  knows(image: ResolvedImage): void;
  /** From the store, else from where it was seen; verified when read to the end. */
  open(layer: Layer, offset?: number): AsyncIterable<Uint8Array>;
  /** Brings the blob to the store, once however many ask; streams, verifies, resumes. */
  fetch(layer: Layer): Promise<void>;
  isLocal(digest: Digest): Promise<boolean>;
  /** From the store; else the layer is streamed once for its headers and the index kept. */
  index(layer: Layer): Promise<LayerIndex>;
  /** A blob that is no layer. */
  openBlob(descriptor: Descriptor, seenIn: readonly string[]): AsyncIterable<Uint8Array>;
}
