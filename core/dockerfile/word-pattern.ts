/** A piece of a shell pattern: one character, any one character, or any number of them. */
type Token = { readonly char: string } | 'one' | 'many';

/**
 * The patterns of `${name#pattern}` and its kin: `*`, `?`, and a backslash before `* ? \ } /`; no brackets.
 * A string returned is what is wrong.
 */
export function compilePattern(text: string): WordPattern | string {
  const tokens: Token[] = [];
  const chars = Array.from(text);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*') tokens.push('many');
    else if (char === '?') tokens.push('one');
    else if (char === '\\') {
      const escaped = chars[++at];
      if (escaped === undefined || !'*?\\}/'.includes(escaped)) return `"\\${escaped ?? ''}" escapes nothing`;
      tokens.push({ char: escaped });
    } else tokens.push({ char });
  }
  return patternOf(tokens);
}

export interface WordPattern {
  /** Without the shortest or longest beginning that matches. */
  trimStart(value: string, longest: boolean): string;
  /** Without the shortest or longest end that matches. */
  trimEnd(value: string, longest: boolean): string;
  /** With the first match, each as long as can be, or all of them replaced. */
  replace(value: string, by: string, all: boolean): string;
}

function patternOf(tokens: readonly Token[]): WordPattern {
  const trim = (chars: readonly string[], pattern: readonly Token[], longest: boolean): readonly string[] => {
    const ends = matchEnds(pattern, chars, 0);
    const end = longest ? ends.at(-1) : ends[0];
    return end === undefined ? chars : chars.slice(end);
  };
  return {
    trimStart: (value, longest) => trim(Array.from(value), tokens, longest).join(''),
    trimEnd: (value, longest) => trim(Array.from(value).reverse(), tokens.toReversed(), longest).toReversed().join(''),
    replace: (value, by, all) => replace(tokens, Array.from(value), by, all),
  };
}

/** Where matches that begin at `start` may end, ascending. Walks all possibilities at once, so no pattern is slow. */
function matchEnds(tokens: readonly Token[], chars: readonly string[], start: number): number[] {
  let ends = [start];
  for (const token of tokens) {
    if (token === 'many') ends = range(ends[0]!, chars.length);
    else
      ends = ends
        .filter((at) => at < chars.length && (token === 'one' || chars[at] === token.char))
        .map((at) => at + 1);
    if (ends.length === 0) return ends;
  }
  return ends;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

function replace(tokens: readonly Token[], chars: readonly string[], by: string, all: boolean): string {
  let result = '';
  let at = 0;
  // An empty match right behind a match does not count, as in Go's regexp.
  let previousEnd = -1;
  for (let start = 0; start <= chars.length;) {
    const end = matchEnds(tokens, chars, start).at(-1);
    if (end === undefined || (end === start && start === previousEnd)) {
      start++;
      continue;
    }
    result += chars.slice(at, start).join('') + by;
    at = end;
    previousEnd = end;
    if (!all) break;
    start = end > start ? end : start + 1;
  }
  return result + chars.slice(at).join('');
}
