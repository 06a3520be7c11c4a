import {
  parseReference,
  type BuildPlan,
  type Digest,
  type ImageRequest,
  type ResolvedImage,
  type Span,
  type Whereabouts,
} from '../../core/index.ts';
import type { PolicyRules } from './options.ts';
import { fromLine } from './places.ts';
import { problem } from './problems.ts';
import type { Violation } from './violation.ts';

/** An image that is not made here, where it is named. */
interface NamedImage {
  readonly reference: string;
  /** Known once it was looked up. */
  readonly digest?: Digest;
  readonly where: Whereabouts;
}

/** Images of the plan that are not made in it: FROM, and COPY --from. */
export function imagesOf({ stages }: BuildPlan): readonly NamedImage[] {
  const named = ({ reference, digest }: ResolvedImage, at: Span): NamedImage => ({ reference, digest, where: { at } });
  return stages.flatMap((stage) => [
    ...(stage.base.kind === 'image' ? [named(stage.base.image, fromLine(stage))] : []),
    ...stage.steps.flatMap(({ action, at }) =>
      action.kind === 'copy' && action.origin.kind === 'image' ? [named(action.origin.image, at)] : [],
    ),
  ]);
}

/** Images that prehooks run in: what they make becomes part of the context. */
export const prehookImagesOf = (requests: readonly ImageRequest[]): readonly NamedImage[] =>
  requests.flatMap(({ name, prebuild }) =>
    prebuild.flatMap((hook) =>
      hook.kind === 'command' && hook.in !== undefined ? [{ reference: hook.in, where: { image: name } }] : [],
    ),
  );

/** `docker.io/library/debian` of `debian:13`; `undefined` where the name is none of a registry. */
function placeOf(reference: string): string | undefined {
  if (reference.includes('://')) return undefined;
  const { registry, repository } = parseReference(reference);
  return `${registry}/${repository}`;
}

const isBelow = (place: string, places: readonly string[]): boolean =>
  places.some((one) => `${place}/`.startsWith(one.endsWith('/') ? one : `${one}/`));

export function unpinned(images: readonly NamedImage[], { pinnedBases, trusted }: PolicyRules): Violation[] {
  if (pinnedBases === false) return [];
  return images.flatMap(({ reference, digest, where }) => {
    const place = placeOf(reference);
    if (place === undefined || reference.includes('@') || isBelow(place, trusted)) return [];
    const facts = { base: reference, ...(digest !== undefined && { digest }) };
    return [{ level: pinnedBases, problem: problem('BASE_NOT_PINNED', facts, where) }];
  });
}

export function strangeRegistries(images: readonly NamedImage[], { registries }: PolicyRules): Violation[] {
  if (registries === undefined) return [];
  const { allow, level } = 'level' in registries ? registries : { allow: registries, level: 'deny' as const };
  return images.flatMap(({ reference, where }) => {
    const place = placeOf(reference);
    if (place === undefined || isBelow(place, allow)) return [];
    return [{ level, problem: problem('REGISTRY_NOT_ALLOWED', { base: reference, place, allowed: allow }, where) }];
  });
}
