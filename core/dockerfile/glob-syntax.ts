/** A piece of a path pattern: one character, any one, any number of them, or one of a class. */
export type GlobToken =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CharRange[] };
/** From one character to another, both in it. */
export type CharRange = readonly [from: string, to: string];

/** The pattern language of Go's `filepath.Match`: `*`, `?`, `[a-z]`, `[^x]`, `\x`. A string returned is what is wrong. */
export function readGlob(pattern: string): readonly GlobToken[] | string {
  const chars = Array.from(pattern);
  const tokens: GlobToken[] = [];
  for (let at = 0; at < chars.length;) {
    const char = chars[at++]!;
    if (char === '*') tokens.push({ kind: 'many' });
    else if (char === '?') tokens.push({ kind: 'one' });
    else if (char === '\\') {
      if (at === chars.length) return 'the backslash at its end escapes nothing';
      tokens.push({ kind: 'char', char: chars[at++]! });
    } else if (char === '[') {
      const read = readClass(chars, at);
      if (typeof read === 'string') return read;
      tokens.push(read.token);
      at = read.next;
    } else tokens.push({ kind: 'char', char });
  }
  return tokens;
}

function readClass(
  chars: readonly string[],
  from: number,
): { readonly token: GlobToken; readonly next: number } | string {
  const negated = chars[from] === '^';
  const ranges: CharRange[] = [];
  let at = negated ? from + 1 : from;
  const member = (): string | undefined => {
    if (chars[at] === '-' || chars[at] === ']') return undefined;
    if (chars[at] === '\\') at++;
    return chars[at++];
  };
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = member();
    let high = low;
    if (low !== undefined && chars[at] === '-') {
      at++;
      high = member();
    }
    if (at >= chars.length) return 'a [ is not closed';
    if (low === undefined || high === undefined) return 'inside [ ] a "-" or "]" of its own needs a backslash';
    ranges.push([low, high]);
  }
  return { token: { kind: 'class', negated, ranges }, next: at + 1 };
}

/** Does the text hold a wildcard that no backslash escapes? */
export const hasWildcard = (text: string): boolean => /^(?:[^*?[\\]|\\[^])*[*?[]/.test(text);
