import type { BuilderHooks, DiffId, ImageDraft, Span } from '../../core/index.ts';
import { bytesOf } from './bytes-of.ts';
import type { PolicyRules } from './options.ts';
import { fromLine, textOf } from './places.ts';
import { problem } from './problems.ts';
import { judge } from './violation.ts';

interface Place {
  readonly at: Span;
  readonly step: string;
}

/** Sizes are known when the layers are: each image is held against the budget before it gets its name anywhere. */
export function watchSizes(
  { afterStage, assemble }: Pick<BuilderHooks, 'afterStage' | 'assemble'>,
  maxSize: NonNullable<PolicyRules['maxSize']>,
  tap: string,
): void {
  const { size, level } = typeof maxSize === 'object' ? maxSize : { size: maxSize, level: 'deny' as const };
  const limit = bytesOf(size)!;
  const places = new Map<DiffId, Place>();
  afterStage.tap(tap, ({ layers, steps }, { stage }) => {
    if (!stage) return;
    const base = { at: fromLine(stage), step: 'the base' };
    for (const { diffId } of layers.slice(0, layers.length - steps.length))
      if (!places.has(diffId)) places.set(diffId, base);
    for (const { step: id, layer } of steps) {
      const step = stage.steps.find((one) => one.id === id)!;
      places.set(layer.diffId, { at: step.at, step: textOf(step) });
    }
  });
  assemble.tap(tap, (draft, { world }) => {
    const bytes = draft.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    if (bytes <= limit) return draft;
    const { at, step = 'its layers' }: Partial<Place> = places.get(largest(draft)) ?? {};
    const where = { image: draft.name, ...(at && { at }) };
    judge([{ level, problem: problem('TOO_LARGE', { image: draft.name, bytes, limit, step }, where) }], world);
    return draft;
  });
}

const largest = ({ layers }: ImageDraft): DiffId =>
  layers.reduce((most, layer) => (layer.descriptor.size > most.descriptor.size ? layer : most)).diffId;
