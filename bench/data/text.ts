/** Text that compresses as source code does: words of very different frequency, lines that come back. */
import { randomNumbers } from './random.ts';

export interface TextSource {
  /** Overwrites the buffer with whole lines, the last cut off. */
  fill(buffer: Buffer): Buffer;
}

const vocabulary = 6000;
const lineCount = 40_000;

/** The same text for the same seed. */
export function textSource(seed: number): TextSource {
  const next = randomNumbers(seed);
  // The logarithm of an even distribution: few words are frequent, many are rare.
  const rare = (limit: number): number => Math.min(limit - 1, Math.floor(limit ** (next(1 << 30) / 2 ** 30)) - 1);
  const words = Array.from({ length: vocabulary }, () => word(next));
  const lines = Array.from({ length: lineCount }, () => {
    const count = 2 + next(9);
    const text = Array.from({ length: count }, () => words[rare(vocabulary)]!).join(next(3) === 0 ? '.' : ' ');
    return Buffer.from(`${'  '.repeat(next(5))}${text}${[';', ' {', ',', '', ');'][next(5)]}\n`);
  });
  return {
    fill(buffer) {
      for (let at = 0; at < buffer.length;) {
        // Every other line is one of the frequent ones.
        const line = lines[next(2) === 0 ? rare(lineCount) : next(lineCount)]!;
        at += line.copy(buffer, at);
      }
      return buffer;
    },
  };
}

function word(next: (limit: number) => number): string {
  const letters = 'etaoinshrdlucmfwypvbgkjqxz';
  const length = 2 + next(9);
  const made = Array.from({ length }, () => letters[Math.min(next(26), next(26))]!).join('');
  return next(4) === 0 ? `${made[0]!.toUpperCase()}${made.slice(1)}` : made;
}
