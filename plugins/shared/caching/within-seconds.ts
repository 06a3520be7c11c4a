/** The work's result, or what `late` makes once it takes too long; the work itself goes on unheard. */
export async function withinSeconds<T>(seconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), seconds * 1000);
  work.catch(() => {});
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
