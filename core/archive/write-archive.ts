import { once } from 'node:events';
import type { Header, Pack } from 'tar-stream';
import { problem } from '../base/errors.ts';

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Writes a plain tar of named files, as `docker load` and OCI tools take it: no owners, no times of its own. */
export interface ArchiveWriter {
  /** `name` is relative, as text; the content must have exactly `size` bytes. */
  file(name: string, size: number, content: Chunks): Promise<void>;
  directory(name: string): Promise<void>;
  /** Resolves when all has been written. */
  end(): Promise<void>;
}

export interface ArchiveOptions {
  /** Seconds since 1970 that every entry gets; 0 unless a build has its own epoch. */
  readonly mtime?: number;
}

/** For layers there is `packLayer`: tar-stream, used here, changes large owners, late dates and binary names. */
export function archiveWriter(
  write: (chunk: Uint8Array) => void | Promise<void>,
  { mtime = 0 }: ArchiveOptions = {},
): ArchiveWriter {
  const common = { mtime: new Date(mtime * 1000), uid: 0, gid: 0, uname: '', gname: '' };
  let opened: Promise<OpenTar> | undefined;
  let failure: { readonly error: unknown } | undefined;

  /** The first failure is the one to tell of; it destroys the stream, and everything after fails by that. */
  const guarded = async <T>(work: (tar: OpenTar) => Promise<T>): Promise<T> => {
    const tar = await (opened ??= open());
    try {
      if (failure) throw failure.error;
      return await work(tar);
    } catch (error) {
      failure ??= { error };
      tar.pack.destroy();
      throw failure.error;
    }
  };
  const open = async (): Promise<OpenTar> => {
    const { pack: createPack } = await import('tar-stream');
    const pack = createPack();
    const flow = async (): Promise<void> => {
      try {
        for await (const chunk of pack) await write(chunk as Uint8Array);
      } catch (error) {
        failure ??= { error };
        throw error;
      }
    };
    const flowing = flow();
    // Whoever writes next learns of it.
    flowing.catch(() => {});
    return { pack, flowing };
  };
  return {
    file: (name, size, content) => guarded((tar) => put(tar, { ...common, name, size, mode: 0o644 }, content)),
    directory: (name) => guarded((tar) => put(tar, { ...common, name, type: 'directory', mode: 0o755 }, [])),
    end: () =>
      guarded(async ({ pack, flowing }) => {
        pack.finalize();
        await flowing;
      }),
  };
}

interface OpenTar {
  readonly pack: Pack;
  /** Ends when everything is written, or fails with the writing. */
  readonly flowing: Promise<void>;
}

async function put(
  { pack, flowing }: OpenTar,
  header: Partial<Header> & Pick<Header, 'name'>,
  content: Chunks,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Awaited at the end; until then a failure shows through `flowing`.
  promise.catch(() => {});
  // A copy: tar-stream fills in what is missing.
  const entry = pack.entry({ ...header }, (error) => (error ? reject(error) : resolve()));
  entry.on('error', reject);
  for await (const chunk of exactly(header.name, header.size ?? 0, content))
    if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), promise, flowing]);
  if (header.type === undefined) entry.end(undefined);
  await Promise.race([promise, flowing.then(() => promise)]);
}

async function* exactly(path: string, size: number, content: Chunks): AsyncGenerator<Uint8Array, void> {
  let left = size;
  for await (const chunk of content) {
    left -= chunk.length;
    if (left < 0) throw problem('LAYER_SOURCE_CHANGED', { path, expected: size, actual: 'there were more' });
    yield chunk;
  }
  if (left > 0) throw problem('LAYER_SOURCE_CHANGED', { path, expected: size, actual: `there were ${size - left}` });
}
