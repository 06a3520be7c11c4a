import type { Bytes, Digest, ImagePath } from '../base/brand.ts';

/** What every path of a layer has, but for deletions. */
interface Metadata {
  readonly path: ImagePath;
  /** The low twelve bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970; may be negative. */
  readonly mtime: number;
  /** Extended attributes by full name (`security.capability`), values as raw bytes. */
  readonly xattrs?: ReadonlyMap<Bytes, Uint8Array>;
}

export interface FileEntry extends Metadata {
  readonly type: 'file';
  readonly size: number;
  /** SHA-256 of the content, where something computed it in passing. */
  readonly hash?: Digest;
}
export interface LinkEntry extends Metadata {
  readonly type: 'symlink';
  readonly target: Bytes;
}
/** Another name of a file of the same layer that stands earlier in it. */
export interface HardlinkEntry extends Metadata {
  readonly type: 'hardlink';
  readonly target: ImagePath;
}
export interface PlainEntry extends Metadata {
  readonly type: 'directory' | 'fifo';
}
export interface DeviceEntry extends Metadata {
  readonly type: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
}

/** One path that is there. */
export type Entry = FileEntry | LinkEntry | HardlinkEntry | PlainEntry | DeviceEntry;
export type EntryType = Entry['type'];

/** `whiteout`: the path below is gone. `opaque`: nothing of the directory below shows through. */
export interface Deletion {
  readonly type: 'whiteout' | 'opaque';
  readonly path: ImagePath;
}

/** One line of a layer: something put or something removed. */
export type LayerEntry = Entry | Deletion;

export const isDeletion = (entry: LayerEntry): entry is Deletion =>
  entry.type === 'whiteout' || entry.type === 'opaque';

/**
 * A layer's entries without their content, sorted by path bytes; well under 1 % of the layer.
 * Lookups are binary searches over the file's bytes: nothing is parsed but the lines asked for.
 */
export interface LayerIndex {
  /** Entries in the layer, deletions included. */
  readonly length: number;
  get(path: ImagePath): Entry | undefined;
  /** The whiteout or opaque mark at exactly this path. */
  deletion(path: ImagePath): Deletion['type'] | undefined;
  /** Is there a mark or an entry anywhere below `path`? */
  hasBelow(path: ImagePath): boolean;
  /** Direct children: names of entries and of whiteouts. */
  children(path: ImagePath): Iterable<LayerEntry>;
  /** Directories right below `path` that hold entries but have none of their own: their makers left them out. */
  implied(path: ImagePath): Iterable<ImagePath>;
  /** Everything at and below `path`, in byte order of the paths. */
  walk(path?: ImagePath): Iterable<LayerEntry>;
  /** Small files kept with the index so that names resolve without the layer: `/etc/passwd`, `/etc/group`. */
  kept(path: ImagePath): Uint8Array | undefined;
  /** The index as stored. */
  readonly bytes: Uint8Array;
}

/** Where the content of a file entry comes from when a layer is packed. */
export type Content =
  /** Read with `fs`; fails with LAYER_SOURCE_CHANGED when the size is not the entry's. */
  | { readonly from: 'file'; readonly path: string | Buffer }
  | { readonly from: 'bytes'; readonly bytes: Uint8Array }
  | { readonly from: 'stream'; readonly open: () => AsyncIterable<Uint8Array> };

/** An entry on its way into a layer. Files carry their content. */
export type PackEntry = Exclude<LayerEntry, FileEntry> | (FileEntry & { readonly content: Content });

export type Compression =
  | { readonly type: 'gzip'; readonly level?: number }
  | { readonly type: 'zstd'; readonly level?: number }
  | { readonly type: 'none' };
