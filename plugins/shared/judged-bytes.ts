/** Bytes that are read by somebody who gives up where they are damaged, and may be read on afterwards. */
export interface JudgedBytes extends AsyncDisposable {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Reads what is left: fails as the source does when its end shows that these are not the bytes that were promised. */
  judge(): Promise<void>;
}

/**
 * For sources that know at the end whether what they sent was right. Damage is met earlier, and then it is not known
 * whether the archive was made so or did not arrive so.
 */
export function judgedBytes(source: AsyncIterable<Uint8Array>): JudgedBytes {
  const iterator = source[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  // What reads ahead has met the end already, and nobody listened to what came of it.
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await iterator.next();
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  };
  return {
    // Whoever reads it cannot end it.
    bytes: { [Symbol.asyncIterator]: () => ({ next }) },
    async judge() {
      while (!(await next()).done);
      if (failure) throw failure.error;
    },
    async [Symbol.asyncDispose]() {
      await iterator.return?.();
    },
  };
}
