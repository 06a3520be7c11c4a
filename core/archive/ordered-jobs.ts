/** Jobs run side by side; their results go to one place in the order the jobs came. */
export interface OrderedJobs {
  /** Starts nothing: the job is under way. A promise means: too much is under way, wait for it. */
  push(job: Promise<Uint8Array>): Promise<void> | undefined;
  /** Resolves when every result has been delivered. */
  drained(): Promise<void>;
  /** Nothing more is delivered; resolves when all jobs have ended. */
  stop(): Promise<void>;
}

export function orderedJobs(limit: number, deliver: (result: Uint8Array) => void | Promise<void>): OrderedJobs {
  let running = 0;
  let tail: Promise<void> = Promise.resolve();
  let stopped = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  const settle = async (before: Promise<void>, job: Promise<Uint8Array>): Promise<void> => {
    try {
      const [result] = await Promise.all([job, before]);
      if (!stopped && !failure) await deliver(result);
    } catch (error) {
      failure ??= { error };
    } finally {
      running--;
      wake?.();
    }
  };
  const room = async (): Promise<void> => {
    for (;;) {
      if (failure) throw failure.error;
      if (running < limit) return;
      await new Promise<void>((go) => (wake = go));
    }
  };
  return {
    push(job) {
      running++;
      tail = settle(tail, job);
      return running >= limit || failure ? room() : undefined;
    },
    async drained() {
      await tail;
      if (failure) throw failure.error;
    },
    async stop() {
      stopped = true;
      await tail;
    },
  };
}
