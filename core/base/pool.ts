/** At most `limit` of the tasks handed in run at a time; each caller gets its own result. */
export interface Pool {
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function pool(limit: number): Pool {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(task) {
      if (running >= limit) await new Promise<void>((go) => waiting.push(go));
      else running++;
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        // The place is handed over, so `running` stays as it is.
        if (next) next();
        else running--;
      }
    },
  };
}

/** Maps with bounded parallelism, results in order. Waits for all that has started before it throws the first error. */
export async function mapPool<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const failures: { error: unknown }[] = [];
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const at = next++;
      try {
        results[at] = await task(items[at]!, at);
      } catch (error) {
        failures.push({ error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures[0]) throw failures[0].error;
  return results;
}
