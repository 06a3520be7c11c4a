import { BuildError, problem } from '../base/errors.ts';
import type { ContextId } from '../contract/model.ts';
import { nearest } from '../base/suggest.ts';
import type { Stage, Word } from '../dockerfile/index.ts';
import type { Platform } from '../oci/image.ts';
import { familiarReference, parseReference } from '../oci/reference.ts';
import type { PlanContext, PlanImage } from './input.ts';
import { printPlatform } from '../oci/platform.ts';

/** What a FROM or a `--from` names. */
export type Source =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly index: number }
  /** The files of a named context. */
  | { readonly kind: 'context'; readonly name: string; readonly id: ContextId }
  /** The final stage of another image of the run. */
  | { readonly kind: 'sibling'; readonly image: string }
  /** An image to look up. */
  | { readonly kind: 'image'; readonly text: string };

/**
 * What FROM builds on. A stage is found only by its lower-case spelling and only above (the name of the stage itself
 * means an image); then come `scratch`, named contexts, images.
 */
export function fromSource(text: string, index: number, image: PlanImage, platform: Platform): Source {
  const above = image.dockerfile.stages.slice(0, index).findLast((stage) => stage.name === text);
  return above ? { kind: 'stage', index: above.index } : outside(text, image, platform);
}

/** What `COPY --from` reads: a stage above, by number or by name in any case, or what is no stage. */
export function copySource(from: Word, index: number, image: PlanImage, platform: Platform): Source {
  const { stages } = image.dockerfile;
  const number = /^[-+]?\d+$/.test(from.text) ? Number(from.text) : undefined;
  const found = number === undefined ? stageNamed(from.text, stages, index) : stages[number];
  if (number === undefined && !found) return outside(from.text, image, platform);
  if (!found || found.index >= index)
    throw problem(
      'STAGE_NOT_ABOVE',
      { from: from.text, why: !found ? 'absent' : found.index === index ? 'itself' : 'later', stages: stages.length },
      { at: from.span },
    );
  return { kind: 'stage', index: found.index };
}

/** Of several stages with one name, the nearest above; else one that is not above, for the complaint. */
function stageNamed(name: string, stages: readonly Stage[], index: number): Stage | undefined {
  const named = stages.filter((stage) => stage.name === name.toLowerCase());
  return named.findLast((stage) => stage.index < index) ?? named[0];
}

function outside(text: string, image: PlanImage, platform: Platform): Source {
  if (text === 'scratch') return { kind: 'scratch' };
  return namedContext(text, image, platform) ?? { kind: 'image', text };
}

/** The named context that stands for a stage or an image of this name; `scratch` and `context` cannot be replaced. */
export function namedContext(name: string, image: PlanImage, platform: Platform): Source | undefined {
  const wanted = familiar(name);
  if (wanted === 'scratch' || wanted === 'context') return undefined;
  const find = (key: string): PlanContext | undefined =>
    image.contexts.find(({ name: known }) => {
      const [text = '', ...rest] = known.split('::');
      return [familiar(text), ...rest].join('::') === key;
    });
  const found = find(`${wanted}::${printPlatform(platform)}`) ?? find(wanted);
  return found && sourceOf(found);
}

function sourceOf(context: PlanContext): Source {
  if (context.kind === 'context') return { kind: 'context', name: context.name, id: context.id };
  return context.kind === 'image' ? { kind: 'sibling', image: context.image } : { kind: 'image', text: context.text };
}

/** The short spelling of an image name, so that `debian` and `docker.io/library/debian:latest` are one. */
function familiar(name: string): string {
  try {
    return familiarReference(parseReference(name)).replace(/:latest$/, '');
  } catch (error) {
    if (BuildError.is(error)) return name;
    throw error;
  }
}

/** The stage to build: by name in any case, by number, or the last. */
export function targetStage(target: string | undefined, stages: readonly Stage[]): Stage {
  if (target === undefined || target === '') return stages.at(-1)!;
  const named = stages.findLast((stage) => stage.name === target.toLowerCase());
  const numbered = /^\d+$/.test(target) ? stages[Number(target)] : undefined;
  const found = named ?? numbered;
  if (found) return found;
  const known = stages.flatMap((stage) => stage.name ?? []);
  const near = nearest(target, known);
  throw problem('TARGET_UNKNOWN', { target, known, ...(near && { nearest: near }) });
}
