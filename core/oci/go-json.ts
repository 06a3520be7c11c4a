import type { Json } from '../base/canonical-json.ts';
import type { Pairs } from './image.ts';

/** A value already written. */
export type Written = string | undefined;

/**
 * JSON as Go's encoder writes it, so that a config that others wrote and we only passed on keeps its bytes: members in
 * the order given, maps sorted by the bytes of their keys, `<`, `>` and `&` escaped.
 */
export const text = (value: string): string => escaped(JSON.stringify(value));

export const optional = (value: string | undefined): Written => (value ? text(value) : undefined);

/** Members that are `undefined` are left out. */
export const object = (members: readonly (readonly [name: string, value: Written])[]): string =>
  `{${members.flatMap(([name, value]) => (value === undefined ? [] : [`${text(name)}:${value}`])).join(',')}}`;

export const list = (items: readonly string[]): string => `[${items.join(',')}]`;

/** Left out when empty. */
export const texts = (items: readonly string[] | undefined): Written =>
  items && items.length > 0 ? list(items.map(text)) : undefined;

/** Left out when empty. A key that stands twice counts as its last. */
export const map = (pairs: Pairs | undefined): Written =>
  sorted((pairs ?? []).map(([key, value]) => [key, text(value)]));

/** Go's `map[string]struct{}`. */
export const set = (keys: readonly string[]): Written => sorted(keys.map((key) => [key, '{}']));

function sorted(members: readonly (readonly [string, string])[]): Written {
  const unique = [...new Map(members)];
  unique.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return unique.length > 0 ? object(unique) : undefined;
}

/** Any value, members in their own order. */
export const json = (value: Json): string => escaped(JSON.stringify(value));

const escaped = (written: string): string =>
  written.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
