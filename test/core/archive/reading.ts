import type { LayerEntry } from '../../../core/archive/entry.ts';
import type { TarLimits } from '../../../core/archive/tar-parser.ts';
import { tarParser } from '../../../core/archive/tar-parser.ts';
import { layerParser } from '../../../core/archive/whiteouts.ts';

export type ReadEntry = LayerEntry & { readonly content?: Buffer };

interface Options {
  /** Bytes handed to the parser at a time. */
  readonly piece?: number;
  readonly limits?: Partial<TarLimits>;
  readonly layer?: boolean;
}

/** Everything in a tar, with the content of its files. */
export function readTar(tar: Buffer, { piece = tar.length, limits, layer = false }: Options = {}): ReadEntry[] {
  const found: ReadEntry[] = [];
  let parts: Buffer[] = [];
  const handler = {
    entry(entry: LayerEntry): boolean {
      found.push(entry);
      parts = [];
      return true;
    },
    data: (chunk: Buffer): void => void parts.push(Buffer.from(chunk)),
    endEntry(): void {
      found.push({ ...found.pop()!, content: Buffer.concat(parts) });
    },
  };
  const parser = layer ? layerParser(handler, limits) : tarParser(handler, limits);
  for (let at = 0; at < tar.length; at += piece) {
    // A copy that is wiped afterwards: whoever keeps a view into a chunk is found out.
    const chunk = Buffer.from(tar.subarray(at, at + piece));
    parser.write(chunk);
    chunk.fill(0xaa);
  }
  parser.end();
  return found;
}

export const byPath = (entries: readonly ReadEntry[]): Map<string, ReadEntry> =>
  new Map(entries.map((entry) => [entry.path, entry]));

/** The code of the problem that `work` throws. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'none';
}

export async function codeOfAsync(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'none';
}

/** All bytes of a stream. */
export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of source) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** Bytes in pieces of `size`, as a slow network brings them. */
export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
