import { crc32 } from 'node:zlib';
import { ancestorsOf } from '../base/image-path.ts';
import type { ImagePath } from '../base/brand.ts';
import { byteWriter, type ByteWriter } from './byte-writer.ts';
import { isDeletion, type LayerEntry } from './entry.ts';
import { describe, headerSize, magic, restartEvery, typeAt } from './index-format.ts';

export interface IndexWriter {
  /** In the order of the tar: a later entry takes the place of an earlier one of the same path. */
  add(entry: LayerEntry): void;
  /** Keeps the content of a small file with the index. */
  keep(path: ImagePath, content: Uint8Array): void;
  /** The finished index; call once. */
  end(): Uint8Array;
}

/** The descriptions of all entries in the order they came; entry `n` begins at `starts[n]`. */
interface Descriptions {
  readonly bytes: ByteWriter;
  readonly starts: number[];
}

/** Makes a layer index while the entries pass; holds their paths and descriptions, a few dozen bytes each. */
export function indexWriter(): IndexWriter {
  const descriptions: Descriptions = { bytes: byteWriter(1 << 16), starts: [0] };
  const entries = new Map<string, number>();
  const marks = new Map<string, number[]>();
  const kept = new Map<string, Uint8Array>();
  /** Directories that something else took the place of, and when: what was below them went with them. */
  const replaced = new Map<string, number>();

  return {
    add(entry) {
      const number = descriptions.starts.length - 1;
      describe(entry, descriptions.bytes);
      descriptions.starts.push(descriptions.bytes.length);
      if (isDeletion(entry)) addMark(marks, entry.path, number, descriptions);
      else {
        const before = entries.get(entry.path);
        if (before !== undefined && entry.type !== 'directory' && typeOf(descriptions, before) === 'directory')
          replaced.set(entry.path, number);
        entries.set(entry.path, number);
      }
    },
    keep: (path, content) => void kept.set(path, Buffer.from(content)),
    end() {
      const isGone = (path: string): boolean =>
        ancestorsOf(path as ImagePath).some((above) => replaced.get(above)! > entries.get(path)!);
      const paths = [...entries.keys()].sort();
      const present = replaced.size === 0 ? paths : paths.filter((path) => !isGone(path));
      return written(ordered(present, entries, marks), descriptions, kept);
    },
  };
}

const typeOf = ({ bytes, starts }: Descriptions, number: number) => typeAt(bytes.view(), starts[number]!);

function addMark(marks: Map<string, number[]>, path: string, number: number, descriptions: Descriptions): void {
  const there = marks.get(path) ?? [];
  const type = typeOf(descriptions, number);
  if (!there.some((other) => typeOf(descriptions, other) === type)) marks.set(path, [...there, number]);
}

/** Paths and their descriptions in byte order; marks before the entry of the same path. */
function* ordered(
  paths: readonly string[],
  entries: ReadonlyMap<string, number>,
  marks: ReadonlyMap<string, readonly number[]>,
): Iterable<readonly [path: string, number: number]> {
  const marked = [...marks.keys()].sort();
  let next = 0;
  for (const path of paths) {
    for (; next < marked.length && marked[next]! <= path; next++)
      for (const number of marks.get(marked[next]!)!) yield [marked[next]!, number];
    yield [path, entries.get(path)!];
  }
  for (; next < marked.length; next++) for (const number of marks.get(marked[next]!)!) yield [marked[next]!, number];
}

function written(
  records: Iterable<readonly [path: string, number: number]>,
  descriptions: Descriptions,
  kept: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const described = descriptions.bytes.view();
  const out = byteWriter(headerSize + described.length * 2 + 64);
  out.raw(Buffer.alloc(headerSize));
  const restarts: number[] = [];
  let count = 0;
  let before = '';
  for (const [path, number] of records) {
    if (count % restartEvery === 0) {
      restarts.push(out.length);
      before = '';
    }
    const shared = sharedLength(before, path);
    out.varint(shared);
    out.varint(path.length - shared);
    out.chars(path, shared);
    const from = descriptions.starts[number]!;
    const to = descriptions.starts[number + 1]!;
    out.varint(to - from);
    out.slice(described, from, to);
    before = path;
    count++;
  }
  const table = out.length;
  for (const offset of restarts) out.u32(offset);
  const keptAt = out.length;
  out.varint(kept.size);
  for (const [path, content] of kept) {
    out.text(path);
    out.varint(content.length);
    out.raw(content);
  }
  const bytes = out.view();
  magic.copy(bytes, 0);
  [count, restarts.length, table, keptAt].forEach((value, at) => bytes.writeUInt32LE(value, magic.length + 4 * at));
  out.u32(crc32(bytes));
  return out.view();
}

function sharedLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at < limit && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
