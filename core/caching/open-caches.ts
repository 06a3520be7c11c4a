import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { CacheBackend, CacheSpec, CacheType, CacheUse } from '../contract/caches.ts';

/**
 * The caches that flags and config name, in the order they name them: those that are read first, then those that are
 * only written. What is read from and written to one place is one cache.
 */
export function openCaches(
  from: readonly CacheSpec[],
  to: readonly CacheSpec[],
  types: readonly CacheType[],
): readonly CacheBackend[] {
  const uses = new Map<string, { readonly type: CacheType; readonly use: CacheUse }>();
  const note = (side: keyof CacheUse, spec: CacheSpec): void => {
    const type = typeOf(spec, types);
    const place = `${spec.type} ${type.place(spec)}`;
    uses.set(place, { type, use: { ...uses.get(place)?.use, [side]: spec } });
  };
  for (const spec of from) note('from', spec);
  for (const spec of to) note('to', spec);
  return [...uses.values()].map(({ type, use }) => type.open(use));
}

/** As they are asked: the near ones first. */
export const inOrder = (caches: readonly CacheBackend[]): readonly CacheBackend[] =>
  caches.toSorted((a, b) => Number(b.near ?? false) - Number(a.near ?? false));

function typeOf({ type }: CacheSpec, types: readonly CacheType[]): CacheType {
  const found = types.find((one) => one.type === type);
  if (found) return found;
  const known = types.map((one) => one.type);
  const near = nearest(type, known);
  throw problem('CACHE_TYPE_UNKNOWN', { type, known, ...(near !== undefined && { nearest: near }) });
}
