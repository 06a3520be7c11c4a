import type { Secret } from './secret.ts';

/** Puts `***` in the place of secrets, in texts and in output that comes in pieces. */
export interface Redactor {
  text(text: string): string;
  /** Holds back what may be the beginning of a secret. */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back. */
  rest(): Uint8Array;
}

const shown = Buffer.from('***');

export function redactor(secrets: readonly Secret[]): Redactor {
  const values = secrets
    .map((secret) => Buffer.from(secret.reveal()))
    .filter((value) => value.length > 0)
    .toSorted((a, b) => b.length - a.length);
  let held: Buffer = Buffer.alloc(0);
  return {
    text: (text) => (values.length === 0 ? text : Buffer.concat(cleaned(Buffer.from(text), values).parts).toString()),
    push(chunk) {
      if (values.length === 0) return chunk;
      const { parts, rest } = cleaned(Buffer.concat([held, chunk]), values, (bytes) => unfinished(bytes, values));
      held = rest;
      return Buffer.concat(parts);
    },
    rest() {
      const { parts } = cleaned(held, values);
      held = Buffer.alloc(0);
      return Buffer.concat(parts);
    },
  };
}

/** From left to right; where more than one begins at a place, the longest. `rest` is where one may have begun. */
function cleaned(all: Buffer, values: readonly Buffer[], held: (bytes: Buffer) => number = () => 0) {
  const parts: Buffer[] = [];
  let left = all;
  for (;;) {
    const begun = left.length - held(left);
    const found = values
      .map((value) => ({ value, at: left.indexOf(value) }))
      .filter(({ at }) => at !== -1 && at < begun)
      .reduce<{ value: Buffer; at: number } | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);
    if (!found) return { parts: [...parts, left.subarray(0, begun)], rest: left.subarray(begun) };
    parts.push(left.subarray(0, found.at), shown);
    left = left.subarray(found.at + found.value.length);
  }
}

/** How many bytes at the end may be the beginning of a value that is not there as a whole. */
function unfinished(bytes: Buffer, values: readonly Buffer[]): number {
  const longest = Math.min(Math.max(...values.map((value) => value.length)) - 1, bytes.length);
  for (let length = longest; length > 0; length--) {
    const end = bytes.subarray(bytes.length - length);
    if (values.some((value) => value.length > length && value.subarray(0, length).equals(end))) return length;
  }
  return 0;
}
