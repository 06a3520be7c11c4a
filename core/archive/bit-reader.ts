/** Bits of a buffer, highest first. */
export interface BitReader {
  /** 1 to 24 of them as a number. */
  take(count: number): number;
  /** Bits taken, counted from the start of the buffer. */
  readonly position: number;
}

/** `atEnd` makes the error for reading beyond the buffer. */
export function bitReader(bytes: Buffer, from: number, atEnd: () => Error): BitReader {
  let at = from >> 3;
  /** The low `held` bits are still to be taken. */
  let bits = 0;
  let held = 0;
  const take = (count: number): number => {
    while (held < count) {
      if (at >= bytes.length) throw atEnd();
      bits = ((bits & 0xffffff) << 8) | bytes[at++]!;
      held += 8;
    }
    held -= count;
    return (bits >>> held) & ((1 << count) - 1);
  };
  if (from % 8 > 0) take(from % 8);
  return {
    take,
    get position() {
      return at * 8 - held;
    },
  };
}
