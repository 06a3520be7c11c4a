import { nearest } from '../base/suggest.ts';
import type { BaseQuery } from '../contract/hooks.ts';
import type { PlanImage } from '../planning/input.ts';

/**
 * A word alone that no registry has is more often a stage or a context that is called otherwise. `undefined`: nothing
 * speaks for that.
 */
export function nameAdvice({ text, at }: BaseQuery, images: readonly PlanImage[]): string | undefined {
  if (at === undefined || !/^[\w-]+$/.test(text)) return undefined;
  const here = images.filter(({ dockerfile }) => dockerfile.source === at.source);
  const known = here.flatMap(({ dockerfile, contexts }) => [
    ...dockerfile.stages.map(({ name }) => name),
    ...contexts.map(({ name }) => name),
  ]);
  const near = nearest(
    text,
    known.filter((name) => name !== undefined),
  );
  const line = at.source.text.slice(at.source.text.lastIndexOf('\n', at.start) + 1);
  // Bases are mostly called by a word alone; what is copied from hardly is.
  if (near === undefined && /^\s*FROM\s/i.test(line)) return undefined;
  const told = `Neither a stage above nor a --build-context is called "${text}", so it is looked for as an image.`;
  return near === undefined ? told : `${told} Did you mean "${near}"?`;
}
