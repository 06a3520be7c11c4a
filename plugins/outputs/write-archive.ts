import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { archiveWriter } from '../../core/index.ts';
import type { LayoutFile } from './layout-files.ts';

/** A tar of files at `dest`: everything or nothing. */
export async function writeArchive(dest: string, files: readonly LayoutFile[]): Promise<void> {
  await mkdir(dirname(dest), { recursive: true });
  const temp = `${dest}.partial`;
  const stream = createWriteStream(temp);
  // What fails is told by whoever waits next; nobody waits any more once the stream is destroyed.
  stream.on('error', () => {});
  try {
    const archive = archiveWriter(async (chunk) => {
      if (stream.errored) throw stream.errored;
      if (!stream.write(chunk)) await once(stream, 'drain');
    });
    for (const file of files) await archive.file(file.name, file.size, file.open());
    await archive.end();
    stream.end();
    await finished(stream);
    await rename(temp, dest);
  } catch (error) {
    stream.destroy();
    await rm(temp, { force: true });
    throw error;
  }
}
