import { problem, type BuildError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { ImageRequest } from '../contract/model.ts';

/** The requests with everything they stand on before them; `find` brings those that were not asked for. */
export function withNeeded(
  asked: readonly ImageRequest[],
  find: (name: string, neededBy: string) => ImageRequest,
): readonly ImageRequest[] {
  const given = new Map(asked.map((request) => [request.name, request]));
  const ordered = new Map<string, ImageRequest>();
  const visit = (request: ImageRequest, chain: readonly string[]): void => {
    if (ordered.has(request.name)) return;
    const circle = chain.indexOf(request.name);
    if (circle !== -1) throw problem('IMAGES_IN_CIRCLE', { chain: [...chain.slice(circle), request.name] });
    for (const context of request.contexts) {
      if (context.kind !== 'image') continue;
      visit(given.get(context.image) ?? find(context.image, request.name), [...chain, request.name]);
    }
    ordered.set(request.name, request);
  };
  for (const request of asked) visit(request, []);
  return [...ordered.values()];
}

export function unknownImage(image: string, known: readonly string[], file: string | undefined): BuildError {
  const near = nearest(image, known);
  return problem('IMAGE_UNKNOWN', {
    image,
    known,
    ...(near !== undefined && { nearest: near }),
    ...(file !== undefined && { file }),
  });
}
