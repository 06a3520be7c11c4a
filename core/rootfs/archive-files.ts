import type { ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { decompressed } from '../archive/decompress.ts';
import type { FileEntry, PackEntry } from '../archive/entry.ts';
import { tarEntries } from '../archive/tar-entries.ts';
import { hardlinkTo } from './copy-merge.ts';

/** Files of an archive that come into the image, by the number of the entry that has their content. */
export type ArchiveFiles = ReadonlyMap<number, readonly FileEntry[]>;

/** Reads an archive for the second time and gives its files with their content, further names as hard links. */
export async function* archiveFiles(bytes: AsyncIterable<Uint8Array>, files: ArchiveFiles): AsyncIterable<PackEntry> {
  let ordinal = -1;
  let left = files.size;
  if (left === 0) return;
  for await (const entry of tarEntries(decompressed(bytes), { layer: false })) {
    ordinal++;
    const names = files.get(ordinal);
    const [first, ...others] = names ?? [];
    if (!first) continue;
    if (entry.type !== 'file' || entry.size !== first.size) throw hasChanged(first.path, first.size);
    yield { ...first, content: entry.content };
    for (const other of others) yield hardlinkTo(first.path, other);
    if (--left === 0) return;
  }
  throw hasChanged([...files.values()][0]![0]!.path, left);
}

const hasChanged = (path: ImagePath, expected: number) =>
  problem('LAYER_SOURCE_CHANGED', { path: toUtf8(path), expected, actual: 'the archive was another one' });
