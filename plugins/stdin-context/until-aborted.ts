/** What comes until the signal says stop: whoever writes to standard input may never end. Nothing is held meanwhile. */
export async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const source = bytes[Symbol.asyncIterator]();
  let stop: ((reason: unknown) => void) | undefined;
  const abort = (): void => stop?.(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Uint8Array, unknown>>((resolve, reject) => {
        stop = reject;
        source.next().then(resolve, reject);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // It may be waiting for what never comes.
    void source.return?.(undefined).catch(() => {});
  }
}
