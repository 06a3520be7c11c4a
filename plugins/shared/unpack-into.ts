import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  byteReader,
  compressionOf,
  decompressed,
  sniffArchive,
  tarParser,
  toUtf8,
  type HostPath,
  type ImagePath,
  type World,
} from '../../core/index.ts';
import { checkRatio, tarLimits, type ArchiveLimits } from './archive-limits.ts';
import { problem } from './archive-problems.ts';
import type { ArchivePart } from './archive-part.ts';
import { startOf, type Started } from './start-of.ts';
import { treeWriter } from './tree-writer.ts';

/** What came, and what is wanted of it. */
export interface Arrival {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Each chunk is only good until the next one is asked for. */
  readonly lent: boolean;
  /** For people. */
  readonly label: string;
  readonly limits: ArchiveLimits;
  /** Told how many bytes have come. */
  readonly seen?: (sent: number) => void;
  /** All else is left out. */
  readonly part?: ArchivePart;
}

export interface Unpacked {
  /** Bytes of files. */
  readonly bytes: number;
  /** Only a Dockerfile came: its name. */
  readonly dockerfile?: string;
}

/** As much as a header block of a tar, and another: an empty tar is nothing but two blocks of zeros. */
const headSize = 1024;
/** Bytes a Dockerfile may have. */
const longest = 1 << 20;

/** Fills an empty directory with what came. Reads to the end, so that whoever counts or hashes has seen all. */
export async function unpackInto(root: HostPath, arrival: Arrival, world: World): Promise<Unpacked> {
  let sent = 0;
  const counted = startOf(arrival.bytes, (chunk) => {
    sent += chunk.length;
    arrival.seen?.(sent);
  });
  try {
    const unpacked = await unpackStarted(root, counted, () => sent, arrival, world);
    // Behind the end of an archive something may follow, which no decoder asks for.
    for await (const _ of counted.rest()) world.signal.throwIfAborted();
    return unpacked;
  } finally {
    counted.close();
  }
}

async function unpackStarted(
  root: HostPath,
  counted: Started,
  sent: () => number,
  arrival: Arrival,
  world: World,
): Promise<Unpacked> {
  const head = await counted.peek(headSize);
  if (head.length === 0) throw problem('NOTHING_CAME', { from: arrival.label });
  if (compressionOf(head) === undefined && (await isTar(head)))
    return await unpackTar(root, counted.rest(), sent, arrival, world);
  const plain = byteReader(decompressed(arrival.lent ? copied(counted.rest()) : counted.rest()));
  try {
    const start = await plain.peek(headSize);
    if (await isTar(start)) return await unpackTar(root, plain.rest(), sent, { ...arrival, lent: false }, world);
    return await putDockerfile(root, await plain.read(longest + 1), arrival.label);
  } finally {
    await plain.close();
  }
}

/** Decoders keep what they were given. */
async function* copied(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

async function isTar(head: Buffer): Promise<boolean> {
  return (await sniffArchive([head])) === 'tar' || (head.length === headSize && head.equals(Buffer.alloc(headSize)));
}

async function unpackTar(
  root: HostPath,
  bytes: AsyncIterable<Uint8Array>,
  sent: () => number,
  { limits, part, label, lent }: Arrival,
  world: World,
): Promise<Unpacked> {
  const writer = treeWriter(root);
  let plain = 0;
  const handler = {
    entry: (entry: Parameters<typeof writer.entry>[0]) => (part?.wants(entry) ?? true) && writer.entry(entry),
    data(chunk: Buffer) {
      writer.data(chunk);
      checkRatio(sent(), writer.bytes(), limits);
    },
    endEntry: writer.endEntry,
  };
  const parser = tarParser(handler, tarLimits(limits));
  try {
    for await (const chunk of bytes) {
      world.signal.throwIfAborted();
      plain += chunk.length;
      checkRatio(sent(), plain, limits);
      parser.write(chunk);
      // What is lent is written before more comes; the connection goes on reading meanwhile.
      const full = lent ? writer.idle() : writer.full();
      if (full) await full;
    }
    parser.end();
    await writer.finish();
  } finally {
    await writer.close();
  }
  reportSkipped(writer.skipped(), label, world);
  return { bytes: writer.bytes() };
}

function reportSkipped(skipped: readonly ImagePath[], label: string, world: World): void {
  const [first] = skipped;
  if (first === undefined) return;
  const more = skipped.length > 1 ? ` and ${skipped.length - 1} more` : '';
  world.report({
    type: 'notice',
    level: 'warning',
    code: 'CONTEXT_DEVICES',
    message: `Devices and pipes are no part of a context; ${label} leaves out ${toUtf8(first)}${more}.`,
  });
}

async function putDockerfile(root: HostPath, text: Buffer, from: string): Promise<Unpacked> {
  const is = unfit(text);
  if (is) throw problem('NOT_UNDERSTOOD', { from, is });
  await writeFile(join(root, 'Dockerfile'), text);
  return { bytes: text.length, dockerfile: 'Dockerfile' };
}

function unfit(text: Buffer): 'binary' | 'long' | 'zip' | 'page' | undefined {
  if (text.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) return 'zip';
  if (text.includes(0)) return 'binary';
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(text.toString('latin1', 0, 200))) return 'page';
  return text.length > longest ? 'long' : undefined;
}
