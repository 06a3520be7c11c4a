import { once } from 'node:events';
import { problem } from '../base/errors.ts';

/** Writes a plain tar of named files, as `docker load` and OCI tools take it: no owners, no times of its own. */
export interface ArchiveWriter {
  /** `name` is relative, as text; the content must have exactly `size` bytes. */
  file(name: string, size: number, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  directory(name: string): Promise<void>;
  /** Resolves when all has been written. */
  end(): Promise<void>;
}

export interface ArchiveOptions {
  /** Seconds since 1970 that every entry gets; 0 unless a build has its own epoch. */
  readonly mtime?: number;
}

/** For layers there is `packLayer`: tar-stream, used here, changes large owners, late dates and binary names. */
export async function archiveWriter(
  write: (chunk: Uint8Array) => void | Promise<void>,
  { mtime = 0 }: ArchiveOptions = {},
): Promise<ArchiveWriter> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  const flow = async (): Promise<void> => {
    try {
      for await (const chunk of tar) await write(chunk as Uint8Array);
    } catch (error) {
      tar.destroy(error as Error);
      throw error;
    }
  };
  const flowing = flow();
  // Whoever writes next, or ends, learns of it.
  flowing.catch(() => {});
  const common = { mtime: new Date(mtime * 1000), uid: 0, gid: 0, uname: '', gname: '' };

  return {
    async file(name, size, content) {
      const finished = Promise.withResolvers<void>();
      finished.promise.catch(() => {});
      const entry = tar.entry({ ...common, name, size, mode: 0o644 }, (error) =>
        error ? finished.reject(error) : finished.resolve(),
      );
      let left = size;
      for await (const chunk of content) {
        left -= chunk.length;
        if (left < 0) break;
        if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), flowing]);
      }
      if (left !== 0) {
        const actual = left < 0 ? 'there were more' : `there were ${size - left}`;
        const changed = problem('LAYER_SOURCE_CHANGED', { path: name, expected: size, actual });
        tar.destroy(changed);
        throw changed;
      }
      entry.end();
      await Promise.race([finished.promise, flowing.then(() => finished.promise)]);
    },
    async directory(name) {
      const finished = Promise.withResolvers<void>();
      tar.entry({ ...common, name, type: 'directory', mode: 0o755 }, (error) =>
        error ? finished.reject(error) : finished.resolve(),
      );
      await Promise.race([finished.promise, flowing]);
    },
    async end() {
      tar.finalize();
      await flowing;
    },
  };
}
