import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { blockBytes, blockCodec } from './block-codecs.ts';
import type { Compression } from './entry.ts';
import { orderedJobs } from './ordered-jobs.ts';

export interface CompressOptions {
  readonly compression: Compression;
  /** Takes the compressed bytes in order; a promise holds the rest back. The chunk is the taker's to keep. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** Blocks compressed side by side; changes the speed, never the bytes. */
  readonly threads?: number;
  readonly signal?: AbortSignal | undefined;
  /** Sees every block before it is compressed. */
  onBlock?(block: Buffer): void;
}

/** Compresses what is written to it; wherever a promise comes back, wait for it before going on. */
export interface Compressor {
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Room to read into without a copy: at least one byte, up to `blockBytes`. */
  space(): Buffer;
  /** So many bytes of `space` are filled. */
  advance(count: number): Promise<void> | undefined;
  /** Resolves when everything has been written. */
  end(): Promise<void>;
  /** Gives up: nothing is written any more once this resolves. */
  stop(): Promise<void>;
}

/** Milliseconds of work after which others get their turn. */
const patience = 10;

/** Compresses in blocks of 1 MiB on several threads. At most `threads` blocks and their results are held. */
export function compressor(options: CompressOptions): Compressor {
  const { compression, signal, threads = availableParallelism() + 1 } = options;
  const codec = blockCodec(compression);
  const jobs = orderedJobs(Math.max(1, threads), (chunk) => options.write(chunk));
  const free: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafeSlow(blockBytes);
  let filled = 0;
  let lastTurn = performance.now();
  if (codec.head.length > 0) void jobs.push(Promise.resolve(codec.head));

  const compress = async (full: Buffer): Promise<Uint8Array> => {
    const result = await codec.encode(full);
    if (!codec.handsOn && full.buffer.byteLength === blockBytes) free.push(Buffer.from(full.buffer));
    return result;
  };
  const seal = (): Promise<void> | undefined => {
    signal?.throwIfAborted();
    const full = block.subarray(0, filled);
    options.onBlock?.(full);
    const wait = jobs.push(compress(full));
    block = free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    filled = 0;
    // Waiting for room need not let anyone else in: a writer that is done at once answers before they are asked.
    return performance.now() - lastTurn < patience ? wait : others(wait);
  };
  const others = async (wait: Promise<void> | undefined): Promise<void> => {
    await wait;
    await turn();
    lastTurn = performance.now();
  };
  const advance = (count: number): Promise<void> | undefined => {
    filled += count;
    return filled === blockBytes ? seal() : undefined;
  };
  const writeRest = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, blockBytes - filled);
      block.set(bytes.subarray(at, at + taken), filled);
      at += taken;
      const wait = advance(taken);
      if (wait) await wait;
    }
  };
  return {
    write(bytes) {
      if (filled + bytes.length >= blockBytes) return writeRest(bytes);
      block.set(bytes, filled);
      filled += bytes.length;
      return undefined;
    },
    space: () => block.subarray(filled),
    advance,
    async end() {
      if (filled > 0) await seal();
      const tail = codec.tail();
      if (tail.length > 0) await jobs.push(Promise.resolve(tail));
      await jobs.drained();
    },
    stop: () => jobs.stop(),
  };
}
