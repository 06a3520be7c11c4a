/** A string as Go's `%q` prints it, which is how CMD and ENTRYPOINT stand in history. */
export function goQuoted(text: string): string {
  let out = '"';
  for (const char of text) out += escaped(char);
  return `${out}"`;
}

/** `["a" "b"]` */
export const goQuotedList = (items: readonly string[]): string => `[${items.map(goQuoted).join(' ')}]`;

/** `[a b]` */
export const goList = (items: readonly string[]): string => `[${items.join(' ')}]`;

/** A duration as Go prints it: `1m30s`, `1.5s`, `250ms`, `0s`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  const below = [
    { unit: 'ns', size: 1, limit: 1e3 },
    { unit: 'µs', size: 1e3, limit: 1e6 },
    { unit: 'ms', size: 1e6, limit: 1e9 },
  ].find(({ limit }) => nanoseconds < limit);
  if (below) return `${decimal(nanoseconds, below.size)}${below.unit}`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${decimal(nanoseconds - minutes * 60e9, 1e9)}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** Exact, where a division would round: nanoseconds are integers. */
function decimal(nanoseconds: number, size: number): string {
  const whole = Math.floor(nanoseconds / size);
  const rest = nanoseconds - whole * size;
  if (rest === 0) return String(whole);
  return `${whole}.${String(rest)
    .padStart(String(size).length - 1, '0')
    .replace(/0+$/, '')}`;
}

const short: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

/** What Go counts as printable: letters, marks, numbers, punctuation, symbols, and the plain blank. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function escaped(char: string): string {
  const known = short.get(char);
  if (known !== undefined) return known;
  if (printable.test(char)) return char;
  const code = char.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
