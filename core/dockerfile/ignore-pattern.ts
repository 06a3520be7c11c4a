import type { CharRange, GlobToken } from './glob-syntax.ts';
import { readGlob } from './glob-syntax.ts';

/** A pattern of an ignore file, made ready. Paths are text with slashes, without one at either end. */
export interface IgnorePattern {
  matches(path: string): boolean;
  /** Might it match something below this directory? Says yes when in doubt. */
  reaches(dir: string): boolean;
}

/** Compiles a cleaned pattern, without its `!`. A string returned is what is wrong. */
export function compileIgnorePattern(pattern: string): IgnorePattern | string {
  const tokens = readGlob(pattern);
  if (typeof tokens === 'string') return tokens;
  for (const token of tokens)
    if (token.kind === 'class' && token.ranges.some(([from, to]) => from.codePointAt(0)! > to.codePointAt(0)!))
      return 'a range runs backwards';
  return { matches: matcherOf(pattern, tokens), reaches: reachOf(tokens) };
}

/** Whole path, beginning or end where that decides; else a regular expression. */
function matcherOf(pattern: string, tokens: readonly GlobToken[]): (path: string) => boolean {
  const plain = (from: number, to: number): boolean => !/[*?[\]\\]/.test(pattern.slice(from, to));
  if (plain(0, pattern.length)) return (path) => path === pattern;
  if (pattern.startsWith('**') && plain(2, pattern.length)) {
    const end = pattern.slice(2);
    const alone = end.startsWith('/') ? end.slice(1) : undefined;
    return (path) => path.endsWith(end) || path === alone;
  }
  if (pattern.endsWith('**') && plain(0, pattern.length - 2)) {
    const beginning = pattern.slice(0, -2);
    return (path) => path.startsWith(beginning);
  }
  const expression = new RegExp(`^${sourceOf(tokens)}$`, 'su');
  return (path) => expression.test(path);
}

function sourceOf(tokens: readonly GlobToken[]): string {
  let source = '';
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.kind === 'one') source += '[^/]';
    else if (token.kind === 'char') source += escaped(token.char);
    else if (token.kind === 'class') source += classOf(token.negated, token.ranges);
    else if (tokens[at + 1]?.kind !== 'many') source += '[^/]*';
    else {
      at++;
      if (isSlash(tokens[at + 1])) at++;
      // Any number of directories, none included.
      source += at + 1 === tokens.length ? '.*' : '(?:.*/)?';
    }
  }
  return source;
}

const isSlash = (token: GlobToken | undefined): boolean => token?.kind === 'char' && token.char === '/';
const escaped = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`;
const classOf = (negated: boolean, ranges: readonly CharRange[]): string =>
  `[${negated ? '^' : ''}${ranges.map(([from, to]) => `${escaped(from)}-${escaped(to)}`).join('')}]`;

/** Compares a directory with as many components of the pattern as stand before anything that can match a slash. */
function reachOf(tokens: readonly GlobToken[]): (dir: string) => boolean {
  const components: RegExp[] = [];
  let open = false;
  let from = 0;
  for (let at = 0; at <= tokens.length && !open; at++) {
    const token = tokens[at];
    open = (token?.kind === 'many' && tokens[at + 1]?.kind === 'many') || (token?.kind === 'class' && token.negated);
    if (open || (token && !isSlash(token))) continue;
    components.push(new RegExp(`^${sourceOf(tokens.slice(from, at))}$`, 'su'));
    from = at + 1;
  }
  return (dir) => {
    const names = dir.split('/');
    if (!open && names.length >= components.length) return false;
    return names.every((name, at) => at >= components.length || components[at]!.test(name));
  };
}
