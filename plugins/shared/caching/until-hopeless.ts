/** Runs what talks to a cache; once that is hopeless, which is told once, the rest of the build does without it. */
export function untilHopeless(
  isHopelessAfter: (error: unknown) => boolean,
): <T>(otherwise: T, work: () => Promise<T>) => Promise<T> {
  let isHopeless = false;
  return async (otherwise, work) => {
    if (isHopeless) return otherwise;
    try {
      return await work();
    } catch (error) {
      if (isHopeless) return otherwise;
      isHopeless = isHopelessAfter(error);
      throw error;
    }
  };
}
