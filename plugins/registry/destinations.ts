import { parseReference, withDefaultTag, type OutputRequest, type Reference } from '../../core/index.ts';
import { problem } from './problems.ts';

/** One repository and the names to give there. */
export interface Destination {
  readonly registry: string;
  /** `host/repository` */
  readonly at: string;
  /** None: the image is pushed by digest alone. */
  readonly names: readonly Reference[];
}

/** Where an image goes: each repository once, in the order of the names. */
export function destinationsOf({ spec, names, image }: OutputRequest): readonly Destination[] {
  for (const [name] of spec.options) if (name !== 'push-by-digest') throw problem('OPTION_UNKNOWN', { name });
  const byDigest = spec.options.some(([name, value]) => name === 'push-by-digest' && value !== 'false');
  const texts = names.length > 0 ? names : spec.dest ? [spec.dest] : [];
  if (texts.length === 0) throw problem('NAME_MISSING', { image: image.name });
  const byRepository = Map.groupBy(
    texts.map(parseReference),
    ({ registry, repository }) => `${registry}/${repository}`,
  );
  return [...byRepository].map(([at, references]) => ({
    at,
    registry: references[0]!.registry,
    names: byDigest ? [] : references.map(({ digest: _digest, ...name }) => withDefaultTag(name)),
  }));
}
