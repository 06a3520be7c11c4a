/** One commit at a time; those who come while one runs share the next. */
export function groupCommits(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () =>
    (next ??= running
      .catch(() => {})
      .then(() => {
        running = next!;
        next = undefined;
        return work();
      }));
}
