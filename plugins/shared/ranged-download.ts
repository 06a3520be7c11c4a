import { setTimeout as sleep } from 'node:timers/promises';
import { defineProblems, entry, isTransient } from '../../core/index.ts';

const problem = defineProblems('download', {
  INCOMPLETE: entry<{ what: string; reached: number; size: number }>({
    title: 'A download does not come to its end',
    exit: 1,
    message: ({ what, reached, size }) =>
      `${what}: the connection breaks again and again at byte ${reached} of ${size}.`,
  }),
  TOO_LONG: entry<{ what: string; end: number }>({
    title: 'A server sends more than it was asked for',
    exit: 1,
    message: ({ what, end }) => `${what}: bytes came beyond byte ${end}, where they should end.`,
  }),
});

/** Bytes that a server gives out in ranges. It knows no cloud: whoever opens it knows how to ask. */
export interface RangedSource {
  /** For people: `s3://bucket/key`. */
  readonly what: string;
  /** Bytes of the whole. */
  readonly size: number;
  /**
   * The bytes from `start` up to `end`, which is not included, of one and the same version: throws where it changed. It
   * may give fewer, and is then asked for the rest.
   */
  open(start: number, end: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

export interface DownloadManners {
  readonly signal: AbortSignal;
  /** Ranges that are fetched at the same time; 1: one stream, nothing held. Default: 4. */
  readonly parallel?: number;
  /** Bytes of a range; as many times `parallel` are held at most. Default: 8 MiB. */
  readonly partSize?: number;
  /** Each chunk is only good until the next one is asked for: memory is filled again. */
  readonly lent?: boolean;
  /** How often a range is asked for without a byte coming. Default: 5. */
  readonly attempts?: number;
  /** Milliseconds before the second try, doubled from then on. Default: 200. */
  readonly firstDelay?: number;
  /** Milliseconds to wait after a failure, `undefined`: use the backoff, `false`: give up. Default: goes on after broken connections. */
  readonly delayFor?: (error: unknown) => number | undefined | false;
}

/** All bytes in order, several ranges under way at the same time. A broken range goes on where it broke. Unverified. */
export async function* downloadRanges(
  source: RangedSource,
  manners: DownloadManners,
): AsyncGenerator<Uint8Array, void> {
  const { parallel = 4, partSize = 8 << 20 } = manners;
  if (parallel <= 1 || source.size <= partSize) return yield* resumed(source, 0, source.size, manners);
  const stop = new AbortController();
  const signal = AbortSignal.any([manners.signal, stop.signal]);
  const parts: Part[] = [];
  const free: Buffer[] = [];
  let begun = 0;
  const begin = (): void => {
    while (parts.length < parallel && begun < source.size) {
      const end = Math.min(begun + partSize, source.size);
      const memory = free.pop() ?? Buffer.allocUnsafeSlow(partSize);
      parts.push(fetchPart(resumed(source, begun, end, { ...manners, signal }), memory));
      begun = end;
    }
  };
  try {
    for (begin(); parts.length > 0; begin()) {
      const { chunks, memory } = parts[0]!;
      yield* chunks();
      parts.shift();
      // More was asked for: what was lent of it is done with.
      if (manners.lent) free.push(memory);
    }
  } finally {
    stop.abort();
    await Promise.all(parts.map(({ ended }) => ended));
  }
}

interface Part {
  readonly memory: Buffer;
  /** As they come; once. */
  chunks(): AsyncGenerator<Uint8Array, void>;
  /** Settles when nothing is fetched any more; never fails. */
  readonly ended: Promise<void>;
}

/** Fetches at once, into memory that has room for all of it. */
function fetchPart(bytes: AsyncIterable<Uint8Array>, memory: Buffer): Part {
  let filled = 0;
  let wake = Promise.withResolvers<void>();
  let outcome: { readonly error?: unknown } | undefined;
  const fetching = async (): Promise<void> => {
    try {
      for await (const chunk of bytes) {
        memory.set(chunk, filled);
        filled += chunk.byteLength;
        wake.resolve();
      }
      outcome = {};
    } catch (error) {
      outcome = { error };
    }
    wake.resolve();
  };
  return {
    memory,
    ended: fetching(),
    async *chunks() {
      for (let taken = 0; ;) {
        while (taken < filled) {
          const chunk = memory.subarray(taken, filled);
          taken = filled;
          yield chunk;
        }
        if (outcome !== undefined) break;
        await wake.promise;
        wake = Promise.withResolvers();
      }
      if ('error' in outcome) throw outcome.error;
    },
  };
}

async function* resumed(
  source: RangedSource,
  start: number,
  end: number,
  { signal, attempts = 5, firstDelay = 200, delayFor = afterBreaks }: DownloadManners,
): AsyncGenerator<Uint8Array, void> {
  let reached = start;
  let fruitless = 0;
  for (let connections = 1; reached < end; connections++) {
    const begun = reached;
    let failure: unknown;
    let wait: number | undefined | false = 0;
    try {
      for await (const chunk of await source.open(reached, end, signal)) {
        reached += chunk.byteLength;
        if (reached > end) throw problem('TOO_LONG', { what: source.what, end });
        yield chunk;
      }
    } catch (error) {
      wait = signal.aborted ? false : delayFor(error);
      if (wait === false) throw error;
      failure = error;
    }
    fruitless = reached > begun ? 0 : fruitless + 1;
    if (fruitless >= attempts || (reached < end && connections >= connectionsFor(end - start)))
      throw failure ?? problem('INCOMPLETE', { what: source.what, reached, size: source.size });
    if (reached < end) await sleep(wait ?? firstDelay * 2 ** fruitless, undefined, { signal });
  }
}

/** How many connections a range may cost: a line that breaks every megabyte is still worth it. */
const connectionsFor = (bytes: number): number => 20 + Math.ceil(bytes / (1 << 20));

const afterBreaks = (error: unknown): undefined | false => (isTransient(error) ? undefined : false);
