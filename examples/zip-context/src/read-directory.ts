import type { FileHandle } from 'node:fs/promises';
import { problem } from './problems.ts';

/** One line of a zip file's directory. */
export interface ZipEntry {
  /** Directories end in a slash. */
  readonly name: string;
  readonly mode: number;
  /** 0: as it is, 8: deflate. */
  readonly method: number;
  readonly checksum: number;
  readonly packedSize: number;
  /** Where the content begins in the file. */
  contentStart(): Promise<number>;
}

/** Sizes of the fixed parts (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16). */
const localHeader = 30;
const directoryHeader = 46;
const endRecord = 22;
const longestComment = 0xffff;

/** Reads the directory, which stands at the end of the file. */
export async function readDirectory(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const invalid = (reason: string) => problem('NOT_A_ZIP', { path, reason });
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - endRecord - longestComment), endRecord + longestComment);
  const at = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (at < 0 || at + endRecord > tail.length) throw invalid('it has no directory');
  const count = tail.readUInt16LE(at + 10);
  const start = tail.readUInt32LE(at + 16);
  // Larger ones have these fields full of ones, and another directory (APPNOTE.TXT 4.3.15).
  if (count === 0xffff || start === 0xffffffff)
    throw invalid('archives of more than 4 GiB or 65534 files are not read');
  const directory = await read(file, start, tail.readUInt32LE(at + 12));
  const entries: ZipEntry[] = [];
  for (let offset = 0; entries.length < count;) {
    if (directory.toString('latin1', offset, offset + 4) !== 'PK\x01\x02') throw invalid('its directory is damaged');
    entries.push(entryAt(directory, offset, file));
    // Name, extra field and comment follow the fixed part.
    const lengths = [28, 30, 32].map((field) => directory.readUInt16LE(offset + field));
    offset += lengths.reduce((sum, length) => sum + length, directoryHeader);
  }
  return entries;
}

function entryAt(directory: Buffer, offset: number, file: FileHandle): ZipEntry {
  const nameStart = offset + directoryHeader;
  const header = directory.readUInt32LE(offset + 42);
  // Archives made on Unix have the mode in the upper half of the external attributes; others have nothing there.
  const mode = (directory.readUInt32LE(offset + 38) >>> 16) & 0o777;
  return {
    name: directory.toString('utf8', nameStart, nameStart + directory.readUInt16LE(offset + 28)),
    mode: mode === 0 ? 0o644 : mode,
    method: directory.readUInt16LE(offset + 10),
    checksum: directory.readUInt32LE(offset + 16),
    packedSize: directory.readUInt32LE(offset + 20),
    // The local header repeats the name, and its extra field may be longer than the directory's.
    async contentStart() {
      const local = await read(file, header, localHeader);
      return header + localHeader + local.readUInt16LE(26) + local.readUInt16LE(28);
    },
  };
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
