/** Clean-up of everything opened on the way, last in first out; safe to close twice. */
export interface Scope extends AsyncDisposable {
  /** Runs when the scope closes. */
  defer(cleanUp: () => void | Promise<void>): void;
  /** Adds a disposable and gives it back. */
  use<T extends AsyncDisposable | Disposable>(thing: T): T;
  /** Background work the scope waits for before it cleans up; its failure is the caller's to handle. */
  background(work: Promise<unknown>): void;
  close(): Promise<void>;
}

export function openScope(): Scope {
  const stack = new AsyncDisposableStack();
  const pending = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    while (pending.size > 0) await Promise.allSettled(pending);
    await stack.disposeAsync();
  };
  return {
    defer: (cleanUp) => {
      stack.defer(async () => cleanUp());
    },
    use: (thing) => stack.use(thing),
    background(work) {
      const settled = work.catch(() => {}).finally(() => pending.delete(settled));
      pending.add(settled);
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}
