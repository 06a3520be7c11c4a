import { describe, expect, test } from 'vitest';
import { problem } from '../../../core/index.ts';
import { downloadRanges, type DownloadManners, type RangedSource } from '../../../plugins/shared/ranged-download.ts';

const whole = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
const broken = () => problem('CONNECTION_LOST', { host: 'h', reason: 'the test breaks it' });
const signal = new AbortController().signal;

type Range = readonly [start: number, end: number];

/** A server that remembers what it was asked; `bytes` may break. */
function served(
  bytes: (start: number, end: number, asked: number) => AsyncIterable<Uint8Array> = pieces,
  size = whole.length,
): RangedSource & { readonly asked: Range[] } {
  const asked: Range[] = [];
  return {
    asked,
    what: 'test://it',
    size,
    async open(start, end) {
      asked.push([start, end]);
      return bytes(start, end, asked.length);
    },
  };
}

async function* pieces(start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += 30) yield whole.subarray(at, Math.min(at + 30, end));
}

const failing = (error: Error): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => ({
    async next() {
      throw error;
    },
  }),
});

async function all(source: RangedSource, manners: Partial<DownloadManners> = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of downloadRanges(source, { signal, firstDelay: 1, ...manners })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('what comes is the whole, in order', () => {
  test('small things in one request', async () => {
    const source = served();
    expect(await all(source)).toEqual(whole);
    expect(source.asked).toEqual([[0, 1000]]);
  });

  test('large things in ranges, no more at a time than allowed', async () => {
    let running = 0;
    let most = 0;
    const source = served(async function* (start, end) {
      most = Math.max(most, ++running);
      yield* pieces(start, end);
      running--;
    });
    expect(await all(source, { parallel: 3, partSize: 96 })).toEqual(whole);
    expect(source.asked.slice(0, 2)).toEqual([
      [0, 96],
      [96, 192],
    ]);
    expect(source.asked).toHaveLength(11);
    expect(most).toBe(3);
  });

  test('one stream where nothing may be held', async () => {
    const source = served();
    expect(await all(source, { parallel: 1, partSize: 96 })).toEqual(whole);
    expect(source.asked).toEqual([[0, 1000]]);
  });

  test('nothing of nothing', async () => {
    const source = served(pieces, 0);
    expect(await all(source)).toEqual(Buffer.alloc(0));
    expect(source.asked).toEqual([]);
  });

  test('a late first range does not let later ones overtake it', async () => {
    const gate = Promise.withResolvers<void>();
    const source = served(async function* (start, end) {
      if (start === 0) await gate.promise;
      yield* pieces(start, end);
      if (start !== 0) gate.resolve();
    });
    expect(await all(source, { parallel: 2, partSize: 500 })).toEqual(whole);
  });
});

describe('what breaks', () => {
  test('goes on where it broke', async () => {
    const source = served(async function* (start, end, asked) {
      yield* pieces(start, Math.min(start + 60, end));
      if (asked < 3) throw broken();
      yield* pieces(start + 60, end);
    });
    expect(await all(source)).toEqual(whole);
    expect(source.asked).toEqual([
      [0, 1000],
      [60, 1000],
      [120, 1000],
    ]);
  });

  test('an answer that ends early is continued', async () => {
    const source = served((start, end) => pieces(start, Math.min(start + 400, end)));
    expect(await all(source)).toEqual(whole);
    expect(source.asked).toEqual([
      [0, 1000],
      [400, 1000],
      [800, 1000],
    ]);
  });

  test('is given up where nothing comes any more', async () => {
    const source = served(() => failing(broken()));
    await expect(all(source, { attempts: 3 })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(source.asked).toHaveLength(3);
    const empty = served(async function* () {});
    await expect(all(empty, { attempts: 2 })).rejects.toMatchObject({ code: 'download/INCOMPLETE' });
  });

  test('is given up where it breaks at every byte', async () => {
    const source = served(async function* (start) {
      yield whole.subarray(start, start + 1);
      throw broken();
    });
    await expect(all(source, { firstDelay: 0 })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(source.asked).toHaveLength(21);
  });

  test('is no reason to ask again where it says so', async () => {
    const source = served(() => failing(problem('TLS_FAILED', { host: 'h', reason: 'no' })));
    await expect(all(source)).rejects.toMatchObject({ code: 'TLS_FAILED' });
    expect(source.asked).toHaveLength(1);
  });

  test('more than was asked for is refused', async () => {
    const source = served(async function* () {
      yield whole;
      yield whole;
    });
    await expect(all(source)).rejects.toMatchObject({ code: 'download/TOO_LONG' });
  });
});

test('whoever stops reading stops all that is under way', async () => {
  const stopped: number[] = [];
  const source: RangedSource = {
    ...served(),
    open: async (start, _end, stop) =>
      (async function* () {
        try {
          yield whole.subarray(start, start + 10);
          await new Promise((_, fail) => stop.addEventListener('abort', () => fail(stop.reason as Error)));
        } finally {
          stopped.push(start);
        }
      })(),
  };
  for await (const _ of downloadRanges(source, { signal, parallel: 3, partSize: 100 })) break;
  expect(stopped.sort((a, b) => a - b)).toEqual([0, 100, 200]);
});

describe('memory', () => {
  const read = async (lent: boolean) => {
    const chunks: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    for await (const chunk of downloadRanges(served(), { signal, parallel: 2, partSize: 100, lent })) {
      chunks.push(chunk);
      copies.push(Uint8Array.from(chunk));
    }
    return { chunks, copied: Buffer.concat(copies), memories: new Set(chunks.map(({ buffer }) => buffer)).size };
  };

  test('that is lent is filled again: as much is needed as ranges are under way', async () => {
    const { copied, memories } = await read(true);
    expect(copied.equals(whole)).toBe(true);
    expect(memories).toBe(2);
  });

  test('that is not lent stays as it was given', async () => {
    const { chunks, memories } = await read(false);
    expect(Buffer.concat(chunks).equals(whole)).toBe(true);
    expect(memories).toBe(10);
  });
});
