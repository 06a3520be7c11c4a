import type { Pairs } from '../oci/image.ts';

/** A new value keeps the place of the old one; a new key goes last. */
export function withPair(pairs: Pairs, key: string, value: string): Pairs {
  const at = pairs.findIndex(([known]) => known === key);
  return at === -1 ? [...pairs, [key, value]] : pairs.with(at, [key, value]);
}

export const withItems = (items: readonly string[], more: readonly string[]): readonly string[] => [
  ...new Set([...items, ...more]),
];
