import * as z from 'zod/mini';
import { isDigest } from '../base/digest.ts';
import type { Digest } from '../base/brand.ts';
import type { Pairs } from './image.ts';

/** Shapes of what others write. Go writes `null` for what is absent, so everything that may be absent may be null. */
export const maybe = <T extends z.ZodMiniType>(schema: T) => z.nullish(schema);

export const text = z.string();
export const texts = z.array(z.string());
export const count = z.number().check(z.int(), z.nonnegative());

export const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is no sha256 digest');

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A map of texts, as pairs: keys come from users, and one may be called `__proto__`. */
export const textMap = z.pipe(
  z.custom<Record<string, string>>(
    (value) => isMap(value) && Object.values(value).every((item) => typeof item === 'string'),
    'is no map of texts',
  ),
  z.transform((value): Pairs => Object.entries(value)),
);

/** Go's `map[string]struct{}`: the keys. */
export const keySet = z.pipe(
  z.custom<Record<string, unknown>>(isMap, 'is no map'),
  z.transform((value) => Object.keys(value)),
);

/** Where the first complaint is and what it says: `layers.2.digest is no sha256 digest`. */
export function firstIssue(error: z.core.$ZodError): string {
  const issue = error.issues[0]!;
  const place = issue.path.length > 0 ? issue.path.join('.') : 'it';
  if (issue.code === 'custom') return `${place} ${issue.message}`;
  if (issue.code === 'invalid_type') return `${place} is no ${issue.expected}`;
  if (issue.code === 'too_small') return `${place} is too small`;
  return `${place} is not valid`;
}

/** `undefined` members are left out, so that absent and null read the same. */
export type Given<T> = { [K in keyof T as T[K] extends NonNullable<T[K]> ? K : never]: T[K] } & {
  [K in keyof T as T[K] extends NonNullable<T[K]> ? never : K]?: NonNullable<T[K]>;
};

export const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null)) as Given<T>;
