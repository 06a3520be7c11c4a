/** Pulls exact amounts out of a stream of chunks of any size. */
export interface ByteReader {
  /** The next `length` bytes, or what is left when the stream ends before. Nothing is taken. */
  peek(length: number): Promise<Buffer>;
  /** As `peek`, and takes them. */
  read(length: number): Promise<Buffer>;
  /** Everything not yet taken, in chunks as they come. */
  rest(): AsyncGenerator<Buffer, void>;
  /** Lets the source go before its end. */
  close(): Promise<void>;
}

export function byteReader(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): ByteReader {
  const chunks = iterate(source);
  let held: Buffer = Buffer.alloc(0);
  let ended = false;

  const fill = async (length: number): Promise<void> => {
    const parts = [held];
    let there = held.length;
    while (there < length && !ended) {
      const next = await chunks.next();
      if (next.done) ended = true;
      else {
        parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
        there += next.value.byteLength;
      }
    }
    if (parts.length > 1) held = Buffer.concat(parts);
  };
  const peek = async (length: number): Promise<Buffer> => {
    if (held.length < length) await fill(length);
    return held.subarray(0, length);
  };
  return {
    peek,
    async read(length) {
      const taken = await peek(length);
      held = held.subarray(taken.length);
      return taken;
    },
    async *rest() {
      if (held.length > 0) {
        const first = held;
        held = Buffer.alloc(0);
        yield first;
      }
      while (!ended) {
        const next = await chunks.next();
        if (next.done) ended = true;
        else yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      }
    },
    async close() {
      ended = true;
      await chunks.return?.(undefined);
    },
  };
}

async function* iterate(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* source;
}
