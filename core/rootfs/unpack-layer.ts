import type { DiffId, HostPath, ImagePath } from '../base/brand.ts';
import { asDiffId, meter } from '../base/digest.ts';
import { decompressed } from '../archive/decompress.ts';
import { indexingParser } from '../archive/indexing-parser.ts';
import { layerFiles, type LayerFilesOptions } from './unpack-files.ts';

export interface UnpackedLayer {
  readonly index: Uint8Array;
  /** Of what was unpacked: whoever files it under another one would give that layer a false content. */
  readonly diffId: DiffId;
  /**
   * Directories that the layer has files in and does not list. On the disk they look as if it made them; in an image
   * they are what the layers below say.
   */
  readonly implied: readonly ImagePath[];
}

/**
 * Streams a layer into an empty directory of which nobody else knows yet; the index is made on the way. Nothing outside
 * is touched, whatever the layer's names and links say. The thread has to run without a umask.
 */
export async function unpackLayer(
  blob: AsyncIterable<Uint8Array>,
  directory: HostPath,
  options: LayerFilesOptions,
): Promise<UnpackedLayer> {
  const tar = meter();
  const files = layerFiles(directory, options);
  const parser = indexingParser(files.handler);
  try {
    for await (const chunk of decompressed(blob)) {
      tar.update(chunk);
      parser.write(chunk);
    }
    parser.end();
    files.finish();
  } finally {
    files.close();
  }
  return { index: parser.index(), diffId: asDiffId(tar.digest()), implied: files.implied() };
}
