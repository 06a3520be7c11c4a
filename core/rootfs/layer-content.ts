import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { hostPath } from '../base/brand.ts';
import { decompressed } from '../archive/decompress.ts';
import { layerParser } from '../archive/whiteouts.ts';

/**
 * Reads a layer's blob to its end and puts the content of the wanted files into a directory, under names of its own:
 * for isolations that have no unpacked directories to read from. What is not in the layer is not in the result.
 */
export async function extractContents(
  blob: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<ImagePath>,
  directory: HostPath,
): Promise<ReadonlyMap<ImagePath, HostPath>> {
  const found = new Map<ImagePath, HostPath>();
  let descriptor: number | undefined;
  const parser = layerParser({
    entry(entry) {
      if (entry.type !== 'file' || !wanted.has(entry.path)) return false;
      const file = found.get(entry.path) ?? hostPath(`${directory}/${found.size}`);
      found.set(entry.path, file);
      descriptor = openSync(file, flags, 0o600);
      return true;
    },
    data(chunk) {
      for (let at = 0; at < chunk.length;) at += writeSync(descriptor!, chunk, at);
    },
    endEntry: () => close(),
  });
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  try {
    for await (const chunk of decompressed(blob)) parser.write(chunk);
    parser.end();
  } finally {
    close();
  }
  return found;
}

/** A path that comes twice in a layer is what it is the second time. */
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
