/** A stream whose start can be looked at. What follows is handed on as it comes, with nothing in between. */
export interface Started {
  /** Up to `length` bytes from the start; fewer only where there are no more. To be called before `rest`. */
  peek(length: number): Promise<Buffer>;
  /** Everything, the start included. */
  rest(): AsyncIterable<Buffer>;
  /** Lets the source go, without waiting for what it is waiting for. */
  close(): void;
}

export function startOf(bytes: AsyncIterable<Uint8Array>, seen: (chunk: Uint8Array) => void): Started {
  const source = bytes[Symbol.asyncIterator]();
  let held: Buffer | undefined;
  let isDone = false;
  const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
    if (held && held.length > 0) {
      const value = held;
      held = undefined;
      return { done: false, value };
    }
    const { done, value } = isDone ? { done: true, value: undefined } : await source.next();
    if (done || value === undefined) {
      isDone = true;
      return { done: true, value: undefined };
    }
    seen(value);
    return { done: false, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
  };
  return {
    async peek(length) {
      const parts: Buffer[] = [];
      for (let there = 0; there < length;) {
        const { done, value } = await next();
        if (done) break;
        // What is lent is gone with the next one.
        parts.push(Buffer.from(value));
        there += value.length;
      }
      held = Buffer.concat(parts);
      return held.subarray(0, length);
    },
    // Without a `return`: whoever stops early calls `close`.
    rest: () => ({ [Symbol.asyncIterator]: () => ({ next }) }),
    close() {
      if (!isDone) void source.return?.(undefined).catch(() => {});
    },
  };
}
