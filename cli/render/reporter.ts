import type { BuildEvent, BuildResult } from '../../core/index.ts';

/** Shows events while a build goes on. */
export interface Renderer {
  report(event: BuildEvent): void;
  /** Nothing moves any more: what is left on the screen may stay. */
  close(): void;
}

/** For `--quiet`, and for commands that have nothing to show. */
export const silent: Renderer = { report() {}, close() {} };

/** Sends events to several. */
export const both = (...renderers: readonly Renderer[]): Renderer => ({
  report: (event) => {
    for (const renderer of renderers) renderer.report(event);
  },
  close: () => {
    for (const renderer of renderers) renderer.close();
  },
});

/** What a build gave, with how long it took. */
export interface Outcome {
  readonly results: readonly BuildResult[];
  /** Milliseconds. */
  readonly ms: number;
}
