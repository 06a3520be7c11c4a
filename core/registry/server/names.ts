import { json, refuse, type Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Shelf } from './shelf.ts';

/** `tags/list` of a repository. */
export async function answerTags(shelf: Shelf, asked: Asked, repository: string): Promise<Answer> {
  const tags = (await namesOf(shelf)).filter((name) => name.repository === repository).map(({ tag }) => tag);
  if (tags.length === 0) return refuse(404, 'NAME_UNKNOWN', `no repository ${repository}`);
  const page = pageOf(tags, asked.query, `/v2/${repository}/tags/list`);
  return json({ name: repository, tags: page.names }, 200, page.headers);
}

/** `_catalog`: all repositories that have a tag. */
export async function answerCatalog(shelf: Shelf, asked: Asked): Promise<Answer> {
  const repositories = (await namesOf(shelf)).map(({ repository }) => repository);
  const page = pageOf(repositories, asked.query, '/v2/_catalog');
  return json({ repositories: page.names }, 200, page.headers);
}

async function namesOf({ store }: Shelf): Promise<{ repository: string; tag: string }[]> {
  return (await store.images.list()).flatMap(({ name }) => {
    const cut = name.lastIndexOf(':');
    // A colon before a slash belongs to a port.
    return cut > name.lastIndexOf('/') ? [{ repository: name.slice(0, cut), tag: name.slice(cut + 1) }] : [];
  });
}

/** Sorted, at most `n` names after `last`, with a link to the rest. */
function pageOf(
  names: readonly string[],
  query: URLSearchParams,
  path: string,
): { names: string[]; headers: Record<string, string> } {
  const sorted = [...new Set(names)].sort();
  const last = query.get('last');
  const after = last === null ? sorted : sorted.filter((name) => name > last);
  const n = query.get('n');
  const count = n !== null && /^\d+$/.test(n) ? Number(n) : after.length;
  const page = after.slice(0, count);
  if (count === 0 || page.length === after.length) return { names: page, headers: {} };
  const next = new URLSearchParams({ n: String(count), last: page.at(-1) ?? '' });
  return { names: page, headers: { link: `<${path}?${next.toString()}>; rel="next"` } };
}
