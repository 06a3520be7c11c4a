import { closeSync, constants, openSync, readSync } from 'node:fs';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { Compressor } from './compress.ts';
import type { Content, FileEntry } from './entry.ts';

type File = FileEntry & { readonly content: Content };
type Tee = ((chunk: Uint8Array) => void) | undefined;

/** Puts exactly the stated number of bytes into the tar, or throws LAYER_SOURCE_CHANGED. */
export function copyContent(file: File, output: Compressor, tee?: Tee): Promise<void> | undefined {
  const { content } = file;
  if (content.from === 'file') return copyFile(file, content.path, output, tee);
  if (content.from === 'stream') return copyStream(file, content.open(), output, tee);
  if (content.bytes.length !== file.size) throw changed(file, `there were ${content.bytes.length}`);
  tee?.(content.bytes);
  return output.write(content.bytes);
}

const changed = (file: FileEntry, actual: string) =>
  problem('LAYER_SOURCE_CHANGED', { path: toUtf8(file.path), expected: file.size, actual });

async function copyStream(file: File, source: AsyncIterable<Uint8Array>, output: Compressor, tee: Tee): Promise<void> {
  let left = file.size;
  for await (const chunk of source) {
    left -= chunk.length;
    if (left < 0) throw changed(file, 'there were more');
    tee?.(chunk);
    const wait = output.write(chunk);
    if (wait) await wait;
  }
  if (left > 0) throw changed(file, `there were ${file.size - left}`);
}

/** A link or a pipe that took the file's place is not followed nor waited for. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Reads straight into the block; a small file costs open, one read and close. */
function copyFile(file: File, path: string | Buffer, output: Compressor, tee: Tee): Promise<void> | undefined {
  const descriptor = asking(file, () => openSync(path, flags));
  let later = false;
  try {
    const space = output.space();
    // One byte more than there should be shows in the same call that there is no more.
    if (space.length <= file.size) {
      later = true;
      return copyLargeFile(file, descriptor, output, tee);
    }
    const count = readFully(file, descriptor, space, file.size + 1);
    if (count !== file.size) throw changed(file, count > file.size ? 'there were more' : `there were ${count}`);
    tee?.(space.subarray(0, count));
    return output.advance(count);
  } finally {
    if (!later) closeSync(descriptor);
  }
}

const gone = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO']);

/** Says of a failed call which file it was about. */
function asking<T>(file: File, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const path = toUtf8(file.path);
    throw gone.has(code)
      ? problem('LAYER_SOURCE_CHANGED', { path, expected: file.size, actual: 'it was gone' }, {}, { cause: error })
      : problem('LAYER_ENTRY_IMPOSSIBLE', { path, reason: `it cannot be read (${code})` }, {}, { cause: error });
  }
}

/** Up to `length` bytes; fewer only at the end of the file. */
function readFully(file: File, descriptor: number, into: Buffer, length: number): number {
  let count = 0;
  while (count < length) {
    const read = asking(file, () => readSync(descriptor, into, count, length - count, null));
    if (read === 0) break;
    count += read;
  }
  return count;
}

async function copyLargeFile(file: File, descriptor: number, output: Compressor, tee: Tee): Promise<void> {
  try {
    let left = file.size;
    while (left > 0) {
      const space = output.space();
      const wanted = Math.min(left, space.length);
      const count = readFully(file, descriptor, space, wanted);
      if (count < wanted) throw changed(file, `there were ${file.size - left + count}`);
      tee?.(space.subarray(0, count));
      left -= count;
      const wait = output.advance(count);
      if (wait) await wait;
    }
    if (readFully(file, descriptor, Buffer.alloc(1), 1) > 0) throw changed(file, 'there were more');
  } finally {
    closeSync(descriptor);
  }
}
