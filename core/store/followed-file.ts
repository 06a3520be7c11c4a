import { open, type FileHandle } from 'node:fs/promises';

/** A file that one writes and others read from its beginning, as far as it has come. */
export interface FollowedFile {
  /** So many bytes of it are there. */
  grown(size: number): void;
  /** It is whole, and lies there from now on. */
  done(path: string): void;
  /** It was given up. */
  failed(): void;
  /** Everything that will have been written; waits where the writer is behind, throws where it gave up. */
  follow(): AsyncGenerator<Uint8Array, void>;
}

const chunkSize = 1 << 20;

export function followedFile(begun: string): FollowedFile {
  let path = begun;
  let size = 0;
  let state: 'grows' | 'done' | 'failed' = 'grows';
  let change = Promise.withResolvers<void>();
  const changed = (): void => {
    change.resolve();
    change = Promise.withResolvers();
  };
  /** It may be renamed between the name being read and the file being opened. */
  const openNow = async (): Promise<FileHandle> => {
    const tried = path;
    return open(tried, 'r').catch((error: unknown) => {
      if (tried === path) throw error;
      return open(path, 'r');
    });
  };
  return {
    grown(bytes) {
      size = bytes;
      changed();
    },
    done(final) {
      path = final;
      state = 'done';
      changed();
    },
    failed() {
      state = 'failed';
      changed();
    },
    async *follow() {
      const file = await openNow();
      try {
        for (let at = 0; ;) {
          if (state === 'failed') throw new DOMException('What was followed was given up.', 'AbortError');
          if (at < size) {
            const wanted = Math.min(chunkSize, size - at);
            const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, at);
            at += bytesRead;
            yield buffer.subarray(0, bytesRead);
          } else if (state === 'done') return;
          else await change.promise;
        }
      } finally {
        await file.close();
      }
    },
  };
}
