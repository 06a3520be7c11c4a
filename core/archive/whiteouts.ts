import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { childOf, nameOf, parentOf } from '../base/image-path.ts';
import type { ImagePath } from '../base/brand.ts';
import type { Deletion, Entry, LayerEntry } from './entry.ts';
import { tarParser, type TarLimits, type TarParser } from './tar-parser.ts';

const prefix = '.wh.';
/** aufs kept its own files under this prefix; but for the opaque mark they mean nothing in a layer. */
const metaPrefix = '.wh..wh.';
const opaque = '.wh..wh..opq';

/** As `TarHandler`, with deletions in place of the files that stand for them. */
export interface LayerHandler {
  entry(entry: LayerEntry): boolean;
  data(chunk: Buffer): void;
  endEntry(): void;
}

/** Reads a layer: a tar in which names beginning with `.wh.` delete (image-spec, layer.md "Whiteouts"). */
export function layerParser(handler: LayerHandler, limits?: Partial<TarLimits>): TarParser {
  return tarParser(
    {
      entry(entry) {
        const read = fromTar(entry);
        if (!read) return false;
        const wanted = handler.entry(read);
        return wanted && read.type === 'file';
      },
      data: (chunk) => handler.data(chunk),
      endEntry: () => handler.endEntry(),
    },
    limits,
  );
}

/** `undefined` for what says nothing. */
function fromTar(entry: Entry): LayerEntry | undefined {
  const { path } = entry;
  if (!path.includes('/.wh.')) return entry;
  const name = nameOf(path);
  const parent = parentOf(path);
  // Below such a name stand aufs' own files only.
  if (parent.includes('/.wh.')) return undefined;
  if (!name.startsWith(prefix)) return entry;
  if (name === opaque) return { type: 'opaque', path: parent };
  if (name.startsWith(metaPrefix)) return undefined;
  const gone = name.slice(prefix.length);
  // `.wh...` would delete the parent, `.wh.` and `.wh..` the directory itself.
  if (gone === '' || gone === '.' || gone === '..') throw problem('ARCHIVE_ENTRY_OUTSIDE', { path: toUtf8(path) });
  return { type: 'whiteout', path: childOf(parent, gone) };
}

/** The name that stands for a deletion in a tar. */
export function markFor(deletion: Deletion): ImagePath {
  if (deletion.type === 'opaque') return childOf(deletion.path, opaque);
  return childOf(parentOf(deletion.path), `${prefix}${nameOf(deletion.path)}`);
}

/** A file of such a name would delete another one when the layer is read. */
export const isReserved = (path: ImagePath): boolean => path.includes('/.wh.') && nameOf(path).startsWith(prefix);
