/** Bits of a buffer, highest first. */
export interface BitReader {
  /** 1 to 24 of them as a number. */
  take(count: number): number;
  /** The next 1 to 24, without taking them; zeros stand for what lies beyond the buffer. */
  peek(count: number): number;
  /** Bits taken, counted from the start of the buffer. */
  readonly position: number;
}

/** `atEnd` makes the error for taking what lies beyond the buffer. */
export function bitReader(bytes: Buffer, from: number, atEnd: () => Error): BitReader {
  let at = from >> 3;
  /** The low `held` bits are still to be taken; never more than 31. */
  let bits = 0;
  let held = 0;
  const peek = (count: number): number => {
    while (held < count) {
      bits = ((bits & 0x7fffff) << 8) | (at < bytes.length ? bytes[at]! : 0);
      at++;
      held += 8;
    }
    return (bits >>> (held - count)) & ((1 << count) - 1);
  };
  const take = (count: number): number => {
    const value = peek(count);
    held -= count;
    if (at - (held >> 3) > bytes.length) throw atEnd();
    return value;
  };
  if (from % 8 > 0) take(from % 8);
  return {
    take,
    peek,
    get position() {
      return at * 8 - held;
    },
  };
}
