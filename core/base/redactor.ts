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
  const cleaned = (bytes: Buffer): Buffer => values.reduce(replaced, bytes);
  return {
    text: (text) => (values.length === 0 ? text : cleaned(Buffer.from(text)).toString()),
    push(chunk) {
      if (values.length === 0) return chunk;
      const all = cleaned(Buffer.concat([held, chunk]));
      const from = all.length - Math.max(...values.map((value) => beginningAtEnd(all, value)));
      held = all.subarray(from);
      return all.subarray(0, from);
    },
    rest() {
      const left = held;
      held = Buffer.alloc(0);
      return left;
    },
  };
}

function replaced(bytes: Buffer, value: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(value); at !== -1; at = bytes.indexOf(value, from)) {
    parts.push(bytes.subarray(from, at), shown);
    from = at + value.length;
  }
  return from === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

/** How many bytes at the end are the beginning of the value. */
function beginningAtEnd(bytes: Buffer, value: Buffer): number {
  for (let length = Math.min(value.length - 1, bytes.length); length > 0; length--)
    if (bytes.subarray(bytes.length - length).equals(value.subarray(0, length))) return length;
  return 0;
}
