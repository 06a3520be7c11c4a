import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Content } from '../archive/entry.ts';

/** A link or a pipe that took the file's place is not followed nor waited for. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const chunkSize = 256 * 1024;

/** The bytes of a content, in chunks. */
export async function* openContent(content: Content): AsyncGenerator<Uint8Array> {
  if (content.from === 'bytes') yield content.bytes;
  else if (content.from === 'stream') yield* content.open();
  else {
    const handle = await open(content.path, flags);
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(chunkSize);
        const { bytesRead } = await handle.read(chunk, 0, chunkSize, null);
        if (bytesRead === 0) return;
        yield chunk.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
}
