import { retry } from '../../../core/index.ts';
import { isLineFault } from './bucket.ts';

/** Bytes `start` to `end`, without the last. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

export interface PartReading {
  readonly size: number;
  readonly partSize: number;
  /** Parts at a time. */
  readonly lanes: number;
  /** Of the first part: its request has been made. */
  readonly first: AsyncIterable<Uint8Array>;
  /** Asks for a part from an offset on. */
  open(part: Part, offset: number): Promise<AsyncIterable<Uint8Array>>;
  /** Ends requests that nobody waits for any more. */
  readonly stop: AbortController;
}

/** Tries of one part that bring not a single byte. */
const attempts = 5;

/** The parts one after another, while those that follow come already. */
export async function* bytesOfParts(reading: PartReading): AsyncGenerator<Uint8Array, void> {
  const { size, partSize, lanes, stop } = reading;
  const coming: Coming[] = [];
  let next = 0;
  const begin = (): void => {
    while (coming.length < lanes && next < size) {
      const part = { start: next, end: Math.min(next + partSize, size) };
      coming.push(comingPart(part, reading, next === 0 ? reading.first : undefined));
      next = part.end;
    }
  };
  try {
    for (begin(); coming.length > 0; begin()) {
      yield* coming[0]!;
      coming.shift();
    }
  } finally {
    stop.abort(new DOMException('Nobody reads on.', 'AbortError'));
  }
}

type Coming = AsyncIterable<Uint8Array>;

/** A part is fetched whether somebody reads it already or not; it is small enough to wait in memory. */
function comingPart(part: Part, { open, stop }: PartReading, begun: AsyncIterable<Uint8Array> | undefined): Coming {
  const waiting: Uint8Array[] = [];
  let received = 0;
  let state: { readonly error?: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const take = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of bytes) {
      received += chunk.byteLength;
      waiting.push(chunk);
      tell();
    }
  };
  fetchPart(part, { open, begun, take, received: () => received, signal: stop.signal }).then(
    () => {
      state = {};
      tell();
    },
    (error: unknown) => {
      state = { error };
      tell();
    },
  );
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const chunk = waiting.shift();
        if (chunk !== undefined) yield chunk;
        else if (state === undefined) await changed.promise;
        else if ('error' in state) throw state.error;
        else return;
      }
    },
  };
}

interface Fetching extends Pick<PartReading, 'open'> {
  readonly begun: AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
  take(bytes: AsyncIterable<Uint8Array>): Promise<void>;
  received(): number;
}

/** Goes on where a connection broke; as long as bytes come it does not give up. */
async function fetchPart(part: Part, { open, begun, take, received, signal }: Fetching): Promise<void> {
  const length = part.end - part.start;
  let source = begun;
  while (received() < length) {
    const before = received();
    await retry({ attempts, firstDelay: 100, longestDelay: 3000, delayFor, signal }, async () => {
      const bytes = source ?? (await open(part, received()));
      source = undefined;
      try {
        await take(bytes);
      } catch (error) {
        if (!isLineFault(error) || received() === before) throw error;
      }
    });
    if (received() === before) throw new Error('A part ended before it began.');
  }
}

const delayFor = (error: unknown): undefined | false => (isLineFault(error) ? undefined : false);
