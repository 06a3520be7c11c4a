const slabSize = 1 << 20;
/** A read is given no less room than this. */
const leastRoom = 64 << 10;
/** Bytes that may wait before the server has to. */
const mostWaiting = 4 << 20;

/** Memory that reads fill one after the other, lent in pieces as large as were filled meanwhile, and filled again. */
function slabs() {
  interface Slab {
    readonly memory: Buffer;
    /** What is filled and not lent yet. */
    from: number;
    to: number;
  }
  const free: Slab[] = [];
  const filled: Slab[] = [];
  const fresh = (): Slab => free.pop() ?? { memory: Buffer.allocUnsafeSlow(slabSize), from: 0, to: 0 };
  let current = fresh();
  let lent: Slab | undefined;
  let waiting = 0;
  const giveBack = (slab: Slab): void => {
    slab.from = slab.to = 0;
    free.push(slab);
  };
  return {
    room(): Buffer {
      if (slabSize - current.to < leastRoom) {
        if (current.from < current.to) filled.push(current);
        else if (current !== lent) giveBack(current);
        current = fresh();
      }
      return current.memory.subarray(current.to);
    },
    filled(count: number): void {
      current.to += count;
      waiting += count;
    },
    /** What was taken before is filled again from now on. */
    take(): Buffer | undefined {
      if (lent && lent !== current && !filled.includes(lent)) giveBack(lent);
      const slab = filled.shift() ?? current;
      lent = slab;
      if (slab.from === slab.to) return undefined;
      const piece = slab.memory.subarray(slab.from, slab.to);
      slab.from = slab.to;
      waiting -= piece.length;
      return piece;
    },
    waiting: () => waiting,
  };
}

/** Where a connection puts what it reads, and where it is taken from. */
export interface BulkInbox {
  /** Memory for the next read. */
  room(): Buffer;
  /** So many bytes were read into it. */
  filled(count: number): void;
  /** No more comes, for that reason if there is one. The first word counts. */
  end(error?: unknown): void;
  /**
   * All that has come, good until this is called again; waits where nothing has. `undefined` at the end; rejects with the
   * reason of the end.
   */
  next(taken: () => void): Promise<Buffer | undefined>;
  hasRoom(): boolean;
  isEmptying(): boolean;
}

export function bulkInbox(): BulkInbox {
  const memory = slabs();
  const state: { ended?: { readonly error?: unknown }; waiter?: (() => void) | undefined; isWaking: boolean } = {
    isWaking: false,
  };
  const wake = (): void => {
    state.isWaking = false;
    state.waiter?.();
    state.waiter = undefined;
  };
  return {
    room: memory.room,
    filled(count) {
      memory.filled(count);
      if (!state.waiter || state.isWaking) return;
      state.isWaking = true;
      // After all that this turn of the loop reads.
      setImmediate(wake);
    },
    end(error) {
      state.ended ??= error === undefined ? {} : { error };
      wake();
    },
    async next(taken) {
      for (;;) {
        const piece = memory.take();
        taken();
        if (piece) return piece;
        if (state.ended?.error !== undefined) throw state.ended.error;
        if (state.ended) return undefined;
        await new Promise<void>((resolve) => (state.waiter = resolve));
      }
    },
    hasRoom: () => memory.waiting() < mostWaiting,
    isEmptying: () => memory.waiting() < mostWaiting / 2,
  };
}
