/** One way to log in that a server offers. */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~\w-]+/y;
const blanks = /[ \t,]*/y;

/** Reads a WWW-Authenticate header (RFC 9110 11.6.1), also several joined with commas. What is no challenge is left out. */
export function parseChallenges(header: string | undefined): Challenge[] {
  const challenges: Challenge[] = [];
  const text = header ?? '';
  let at = skip(blanks, text, 0);
  while (at < text.length) {
    const scheme = match(token, text, at);
    if (scheme === undefined) break;
    at += scheme.length;
    const parameters = new Map<string, string>();
    at = readParameters(text, at, parameters);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
    const next = skip(blanks, text, at);
    if (next === at && next < text.length) break;
    at = next;
  }
  return challenges;
}

function readParameters(text: string, from: number, into: Map<string, string>): number {
  let at = from;
  for (;;) {
    const start = skip(blanks, text, at);
    const name = match(token, text, start);
    const equals = name === undefined ? -1 : skip(/[ \t]*/y, text, start + name.length);
    // A word without `=` is the scheme of the next challenge.
    if (name === undefined || text[equals] !== '=') return at;
    const value = readValue(text, skip(/[ \t]*/y, text, equals + 1));
    into.set(name.toLowerCase(), value.text);
    at = value.end;
  }
}

function readValue(text: string, from: number): { text: string; end: number } {
  if (text[from] !== '"') {
    // Some registries leave the quotes away where they must not; a value then ends at the comma.
    const bare = match(/[^, \t]*/y, text, from) ?? '';
    return { text: bare, end: from + bare.length };
  }
  let value = '';
  let at = from + 1;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\') at++;
    value += text[at] ?? '';
  }
  return { text: value, end: at + 1 };
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

const skip = (pattern: RegExp, text: string, at: number): number => at + (match(pattern, text, at)?.length ?? 0);
