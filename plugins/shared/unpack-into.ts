import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteReader, decompressed, sniffArchive, type HostPath, type World } from '../../core/index.ts';
import { problem } from './archive-problems.ts';
import { unpackTree } from './unpack-tree.ts';

/** What came, and how it is called. */
export interface Arrival {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly size?: number;
  readonly label: string;
}

export interface Unpacked {
  /** Bytes of files. */
  readonly bytes: number;
  /** Only a Dockerfile came: its name. */
  readonly dockerfile?: string;
}

/** As much as a header block of a tar. */
const headSize = 512;
/** Bytes a Dockerfile may have. */
const longest = 1 << 20;

/** Fills an empty directory with what came. Reads to the end, so that whoever counts or hashes has seen all. */
export async function unpackInto(root: HostPath, arrival: Arrival, _world: World): Promise<Unpacked> {
  const reader = byteReader(decompressed(arrival.bytes));
  const head = await reader.peek(headSize);
  if (head.length === 0) throw problem('NOTHING_CAME', { from: arrival.label });
  if ((await sniffArchive([head])) === 'tar') {
    await unpackTree(reader.rest(), root);
    return { bytes: arrival.size ?? 0 };
  }
  const text = await reader.read(longest + 1);
  const is = unfit(text);
  if (is) throw problem('NOT_UNDERSTOOD', { from: arrival.label, is });
  await writeFile(join(root, 'Dockerfile'), text);
  return { bytes: text.length, dockerfile: 'Dockerfile' };
}

function unfit(text: Buffer): 'binary' | 'long' | 'zip' | 'page' | undefined {
  if (text.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) return 'zip';
  if (text.includes(0)) return 'binary';
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text.toString('latin1', 0, 200))) return 'page';
  return text.length > longest ? 'long' : undefined;
}
