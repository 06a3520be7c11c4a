import { expect, test } from 'vitest';
import { judgedBytes } from '../../../plugins/shared/judged-bytes.ts';

const seen: string[] = [];
async function* promised(pieces: number): AsyncGenerator<Uint8Array, void> {
  try {
    for (let at = 0; at < pieces; at++) yield Uint8Array.of(at);
    throw new Error('not what was promised');
  } finally {
    seen.push('closed');
  }
}

test('what was given up is read on, for what its end says', async () => {
  seen.length = 0;
  {
    await using judged = judgedBytes(promised(4));
    for await (const [byte] of judged.bytes) if (byte === 1) break;
    expect(seen).toEqual([]);
    await expect(judged.judge()).rejects.toThrow('not what was promised');
  }
  expect(seen).toEqual(['closed']);
});

test('an end that nobody listened to is told all the same', async () => {
  await using judged = judgedBytes(promised(0));
  await expect(judged.bytes[Symbol.asyncIterator]().next()).rejects.toThrow('not what was promised');
  await expect(judged.judge()).rejects.toThrow('not what was promised');
});

test('what is given up and not judged is closed', async () => {
  seen.length = 0;
  {
    await using judged = judgedBytes(promised(4));
    await judged.bytes[Symbol.asyncIterator]().next();
  }
  expect(seen).toEqual(['closed']);
});
