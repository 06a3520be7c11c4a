/** White space as Go's `unicode.IsSpace` has it, which BuildKit trims and splits by. */
export const isSpace = (code: number): boolean =>
  code === 0x20 ||
  (code >= 0x09 && code <= 0x0d) ||
  (code >= 0x85 && (code === 0x85 || code === 0xa0 || (code >= 0x1680 && wide.has(code))));

const wide = new Set([
  0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029,
  0x202f, 0x205f, 0x3000,
]);

/** What parts the words of an instruction: blanks of ASCII only, as in BuildKit's `[\t\v\f\r ]+`. */
export const isGap = (code: number): boolean => code === 0x20 || code === 0x09 || (code >= 0x0b && code <= 0x0d);

/** The first offset in [from, to) that holds no white space, else `to`. */
export function skipSpace(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** `to` moved left over white space, not beyond `from`. */
export function trimSpaceEnd(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

export const trimSpace = (text: string): string => {
  const end = trimSpaceEnd(text, 0, text.length);
  return text.slice(skipSpace(text, 0, end), end);
};
