import { problem, type BuildError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { Exchange } from './exchange.ts';
import { placeText, type Place } from './places.ts';

const shown = 8;

/** Names of a repository's tags, the first page of them; `undefined` where it is unknown or does not tell. */
export async function listTags(exchange: Exchange, place: Place): Promise<readonly string[] | undefined> {
  const response = await exchange.send({
    need: { ...place, actions: ['pull'] },
    what: `listing the tags of ${place.repository}`,
    method: 'GET',
    target: 'tags/list?n=1000',
    accepts: [200, 404],
  });
  const text = await response.text();
  if (response.status === 404) return undefined;
  try {
    const { tags } = JSON.parse(text) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
  } catch {
    return [];
  }
}

/** What to tell about an image that is not there: is it the repository, or the tag, and which one is like it? */
export async function absent(
  exchange: Exchange,
  place: Place,
  image: string,
  tag: string | undefined,
): Promise<BuildError> {
  // What a registry says about tags only helps; that it says nothing must not hide what is wrong.
  const tags = await listTags(exchange, place).catch((): readonly string[] => []);
  if (tags === undefined)
    return problem('REGISTRY_NAME_UNKNOWN', { registry: place.registry, repository: place.repository });
  const near = tag === undefined ? undefined : nearest(tag, tags);
  return problem('MANIFEST_UNKNOWN', {
    image: image || placeText(place),
    known: tags.slice(-shown),
    ...(near ? { nearest: near } : {}),
  });
}
