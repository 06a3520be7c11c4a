import { parseReference, type BuildPlan, type ResolvedImage, type Span } from '../../core/index.ts';
import type { PolicyRules } from './options.ts';
import { fromLine } from './places.ts';
import { problem } from './problems.ts';
import type { Violation } from './violation.ts';

/** Images of the plan that are not made in it, each where it is named: FROM, and COPY --from. */
function imagesOf({ stages }: BuildPlan): readonly { readonly image: ResolvedImage; readonly at: Span }[] {
  return stages.flatMap((stage) => [
    ...(stage.base.kind === 'image' ? [{ image: stage.base.image, at: fromLine(stage) }] : []),
    ...stage.steps.flatMap(({ action, at }) =>
      action.kind === 'copy' && action.origin.kind === 'image' ? [{ image: action.origin.image, at }] : [],
    ),
  ]);
}

/** `docker.io/library/debian` of `debian:13`; `undefined` where the name is none of a registry. */
function placeOf(reference: string): string | undefined {
  if (reference.includes('://')) return undefined;
  const { registry, repository } = parseReference(reference);
  return `${registry}/${repository}`;
}

const isBelow = (place: string, places: readonly string[]): boolean =>
  places.some((one) => `${place}/`.startsWith(one.endsWith('/') ? one : `${one}/`));

export function unpinnedBases(plan: BuildPlan, { pinnedBases, trusted }: PolicyRules): Violation[] {
  if (pinnedBases === false) return [];
  return imagesOf(plan).flatMap(({ image: { reference, digest }, at }) => {
    const place = placeOf(reference);
    if (place === undefined || reference.includes('@') || isBelow(place, trusted)) return [];
    return [{ level: pinnedBases, problem: problem('BASE_NOT_PINNED', { base: reference, digest }, { at }) }];
  });
}

export function strangeRegistries(plan: BuildPlan, { registries }: PolicyRules): Violation[] {
  if (registries === undefined) return [];
  const { allow, level } = 'level' in registries ? registries : { allow: registries, level: 'deny' as const };
  return imagesOf(plan).flatMap(({ image: { reference }, at }) => {
    const place = placeOf(reference);
    if (place === undefined || isBelow(place, allow)) return [];
    return [{ level, problem: problem('REGISTRY_NOT_ALLOWED', { base: reference, place, allowed: allow }, { at }) }];
  });
}
