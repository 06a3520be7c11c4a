import type * as z from 'zod/mini';
import type { ConfigIssue } from '../base/problems/config.ts';
import { nearest } from '../base/suggest.ts';
import { knownKeys, placesOf } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** The names that are known where an object stands. */
type KeysAt = (path: readonly PropertyKey[]) => readonly string[] | undefined;

/**
 * What zod found, in our words: path, value, what it can be, the nearest name for a slip.
 * `under` is where the value that was checked stands in the config.
 */
export function explain(
  error: Pick<z.core.$ZodError, 'issues'>,
  input: unknown,
  under: readonly PropertyKey[] = [],
  keysAt: KeysAt = knownKeys,
): ConfigIssue[] {
  return error.issues.flatMap((issue) => explainIssue(issue, input, under, keysAt));
}

function explainIssue(issue: Issue, input: unknown, under: readonly PropertyKey[], keysAt: KeysAt): ConfigIssue[] {
  const path = [...under, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(path, name, keysAt));
  if (issue.code === 'invalid_key')
    return [{ path: pathText(path), text: 'is no name; use letters, digits, dots, dashes and underscores.' }];
  const value = valueAt(input, issue.path);
  if (issue.code === 'invalid_union') {
    const inner = likeliest(issue.errors);
    if (inner) return inner.flatMap((each) => explainIssue(each, value, path, keysAt));
  }
  const wanted = untold.test(issue.message) ? expectation(issue) : issue.message;
  const what = value === undefined ? 'is missing' : `is ${show(value)}`;
  return [{ path: pathText(path), text: `${what}; ${wanted}${wanted.endsWith('?') ? '' : '.'}` }];
}

/** zod's own words when a schema brings none: of `zod/mini`, and of `zod` in English. */
const untold = /^(?:Invalid (?:input|option|string)|Too (?:small|big))(?::|$)/;

/** The branch of a union that was meant: one that liked the value's kind and found fault further inside. */
const likeliest = (branches: readonly Issue[][]): readonly Issue[] | undefined =>
  branches.find((issues) => issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys')) ??
  branches.findLast((issues) => issues.every((issue) => !untold.test(issue.message)));

function unknownKey(path: readonly PropertyKey[], name: string, keysAt: KeysAt): ConfigIssue {
  const known = keysAt(path) ?? [];
  const elsewhere = keysAt === knownKeys ? placesOf(name, path) : [];
  const near = nearest(name, known) ?? longestInside(name, known);
  const text =
    elsewhere.length > 0
      ? `is not a setting here: it is ${elsewhere.join(' or ')}.`
      : `is not a setting.${near === undefined ? '' : ` Did you mean "${near}"?`}`;
  return { path: pathText([...path, name]), text };
}

/** `buildArgs` has `args` in it, `destination` begins with `dest`. */
const longestInside = (name: string, known: readonly string[]): string | undefined =>
  known
    .filter((key) => key.length > 3 && (name.toLowerCase().endsWith(key.toLowerCase()) || name.startsWith(key)))
    .toSorted((a, b) => b.length - a.length)[0];

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'an object',
  record: 'a map',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return `it must be ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `it can be ${listed(issue.values.map(String))}`;
  if (issue.code === 'too_small' && issue.minimum === 1 && /^(?:string|array)$/.test(issue.origin))
    return 'it must not be empty';
  if (issue.code === 'too_small') return `it must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `it must be at most ${issue.maximum}`;
  return 'it is not valid';
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** A value as a config would write it, cut when it is long. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (value instanceof URL) return value.href;
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString();
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `images.api.outputs[0].type`; keys that are no words are quoted. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'the config'
    : path
        .map((part, at) => {
          if (typeof part === 'number') return `[${part}]`;
          const name = String(part);
          if (!/^[\w-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
          return at === 0 ? name : `.${name}`;
        })
        .join('');

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
