/** Looks for texts in everything that lies in folders: names, contents, and what packed files hold. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** `path: text` for each text that stands in the name or content of a file, a link or a folder below. */
export async function findTexts(folders: readonly string[], texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const places: (Buffer | string)[] = [entry.name];
      if (entry.isSymbolicLink()) places.push(await readlink(path));
      if (entry.isFile()) places.push(...unpacked(await readFile(path)));
      for (const text of texts) if (places.some((place) => place.includes(text))) found.push(`${path}: ${text}`);
    }
  }
  return found;
}

/** The bytes, and what they unpack to where they are packed by gzip or zstd; a file that was cut off is taken as it is. */
function unpacked(bytes: Buffer): Buffer[] {
  const magic = bytes.subarray(0, 4).toString('hex');
  try {
    if (magic.startsWith('1f8b')) return [bytes, gunzipSync(bytes)];
    if (magic === '28b52ffd') return [bytes, zstdDecompressSync(bytes)];
  } catch {
    return [bytes];
  }
  return [bytes];
}
