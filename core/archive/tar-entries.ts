import type { FileEntry, LayerEntry, PackEntry } from './entry.ts';
import type { TarLimits } from './tar-limits.ts';
import { tarParser, type TarParser } from './tar-parser.ts';
import { layerParser } from './whiteouts.ts';

type Item = { readonly entry: LayerEntry } | { readonly data: Buffer } | 'end';

export interface TarEntriesOptions {
  /** Whiteout files are deletions; otherwise they are files like any other. */
  readonly layer: boolean;
  readonly limits?: Partial<TarLimits>;
}

/**
 * A tar as entries to be packed again, one after another: a file's content is a stream that must be read, if at all,
 * before the next entry is asked for. Holds what one chunk of input holds, no more.
 */
export async function* tarEntries(
  bytes: AsyncIterable<Uint8Array>,
  options: TarEntriesOptions,
): AsyncGenerator<PackEntry> {
  const items = itemsOf(bytes, options);
  try {
    for (let item = await items.next(); !item.done; item = await items.next()) {
      // Content nobody read goes by here.
      if (item.value === 'end' || !('entry' in item.value)) continue;
      const { entry } = item.value;
      if (entry.type === 'file') yield fileOf(entry, items);
      else yield entry;
    }
  } finally {
    // Who stops in the middle lets the source go.
    await items.return(undefined);
  }
}

function fileOf(entry: FileEntry, items: AsyncGenerator<Item>): PackEntry {
  return { ...entry, content: { from: 'stream', open: () => contentOf(items) } };
}

async function* contentOf(items: AsyncGenerator<Item>): AsyncGenerator<Uint8Array> {
  for (let item = await items.next(); !item.done && item.value !== 'end'; item = await items.next()) {
    if ('data' in item.value) yield item.value.data;
  }
}

async function* itemsOf(bytes: AsyncIterable<Uint8Array>, options: TarEntriesOptions): AsyncGenerator<Item> {
  let queue: Item[] = [];
  const parser = parserFor(options, (item) => void queue.push(item));
  for await (const chunk of bytes) {
    parser.write(chunk);
    const ready = queue;
    queue = [];
    yield* ready;
  }
  parser.end();
  yield* queue;
}

function parserFor(options: TarEntriesOptions, push: (item: Item) => void): TarParser {
  const handler = {
    entry(entry: LayerEntry): boolean {
      push({ entry });
      return entry.type === 'file';
    },
    // The parser's chunks are views into its input, which stays as it is until all of its items are taken.
    data: (data: Buffer): void => push({ data }),
    endEntry: (): void => push('end'),
  };
  return options.layer ? layerParser(handler, options.limits) : tarParser(handler, options.limits);
}
