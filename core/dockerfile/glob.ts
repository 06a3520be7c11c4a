import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { hasWildcard, readGlob, type CharRange, type GlobToken } from './glob-syntax.ts';

/** One component of a path pattern. Names are bytes, one char each. */
export interface GlobComponent {
  /** The only name it matches, where it holds no wildcard. */
  readonly literal: string | undefined;
  matches(name: string): boolean;
}

export interface Glob {
  /** No wildcard anywhere: the path is meant as it stands, and must exist. */
  readonly literal: boolean;
  /** Without empty components and `.`; a `..` takes the one before it away, as clamping to the root wants. */
  readonly components: readonly GlobComponent[];
}

/**
 * Compiles a COPY source given as bytes. As in Go's `filepath.Match`, no wildcard matches a slash, and `?` and classes
 * stand for characters, not bytes. A backslash escapes only from the first component with a wildcard on.
 */
export function compileGlob(pattern: string, at?: Span): Glob {
  const parts: string[] = [];
  for (const part of pattern.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  let wild = false;
  const components = parts.map((part) => {
    wild ||= hasWildcard(part);
    return wild ? componentOf(part, pattern, at) : { literal: part, matches: (name: string) => name === part };
  });
  return { literal: !wild, components };
}

function componentOf(part: string, pattern: string, at: Span | undefined): GlobComponent {
  const tokens = readGlob(toUtf8(part));
  if (typeof tokens === 'string')
    throw problem('PATTERN_MALFORMED', { pattern: toUtf8(pattern), reason: tokens }, at ? { at } : {});
  if (!hasWildcard(part)) {
    const literal = part.replaceAll(/\\([^])/g, '$1');
    return { literal, matches: (name) => name === literal };
  }
  return { literal: undefined, matches: (name) => matchTokens(tokens, Array.from(toUtf8(name))) };
}

/** Goes back to the last `*` only, which is enough without slashes, so no pattern is slow. */
function matchTokens(tokens: readonly GlobToken[], chars: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < chars.length) {
    const current = tokens[token];
    if (current?.kind === 'many') {
      star = token++;
      starAt = at;
    } else if (current && matchesOne(current, chars[at]!)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token]?.kind === 'many') token++;
  return token === tokens.length;
}

function matchesOne(token: GlobToken, char: string): boolean {
  if (token.kind === 'char') return token.char === char;
  if (token.kind === 'class') return token.ranges.some((range) => within(range, char)) !== token.negated;
  return true;
}

const within = ([from, to]: CharRange, char: string): boolean => {
  const code = char.codePointAt(0)!;
  return from.codePointAt(0)! <= code && code <= to.codePointAt(0)!;
};
