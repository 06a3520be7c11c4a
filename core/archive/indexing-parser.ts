import { createHash, type Hash } from 'node:crypto';
import type { Digest, ImagePath } from '../base/brand.ts';
import type { FileEntry, LayerEntry } from './entry.ts';
import { indexWriter, type IndexWriter } from './index-writer.ts';
import type { TarLimits, TarParser } from './tar-parser.ts';
import { layerParser, type LayerHandler } from './whiteouts.ts';

/** Content that names and numbers of owners are resolved with; kept with the index. */
const keptPaths: ReadonlySet<string> = new Set(['/etc/passwd', '/etc/group']);
/** Larger ones are left to whoever opens the layer. */
const longestKept = 1 << 20;

export const isKept = (entry: LayerEntry): entry is FileEntry =>
  entry.type === 'file' && entry.size <= longestKept && keptPaths.has(entry.path);

/** Collects the content of one kept file after the other. */
export function keeper(index: IndexWriter) {
  let parts: Buffer[] = [];
  let path: ImagePath | undefined;
  return {
    begin(entry: LayerEntry): boolean {
      path = isKept(entry) ? entry.path : undefined;
      parts = [];
      return path !== undefined;
    },
    data(chunk: Uint8Array): void {
      if (path !== undefined) parts.push(Buffer.from(chunk));
    },
    end(): void {
      if (path !== undefined) index.keep(path, Buffer.concat(parts));
    },
  };
}

export interface IndexingOptions {
  readonly limits?: Partial<TarLimits>;
  /** Hash the content of every file on the way: about a microsecond a file and half a second a gigabyte. */
  readonly hashes?: boolean;
}

/** A layer parser that makes the index in passing, whatever else is done with the entries. */
export interface IndexingParser extends TarParser {
  /** The index; after `end`. */
  index(): Uint8Array;
}

export function indexingParser(
  handler?: LayerHandler,
  { limits, hashes = false }: IndexingOptions = {},
): IndexingParser {
  const index = indexWriter();
  const kept = keeper(index);
  let wanted = false;
  let hashing: { readonly hash: Hash; readonly entry: FileEntry } | undefined;
  const parser = layerParser(
    {
      entry(entry) {
        hashing = hashes && entry.type === 'file' ? { hash: createHash('sha256'), entry } : undefined;
        if (!hashing) index.add(entry);
        wanted = handler?.entry(entry) ?? false;
        return kept.begin(entry) || wanted || hashing !== undefined;
      },
      data(chunk) {
        if (wanted) handler?.data(chunk);
        hashing?.hash.update(chunk);
        kept.data(chunk);
      },
      endEntry() {
        if (hashing) index.add({ ...hashing.entry, hash: `sha256:${hashing.hash.digest('hex')}` as Digest });
        kept.end();
        if (wanted) handler?.endEntry();
      },
    },
    limits,
  );
  return { ...parser, index: () => index.end() };
}
