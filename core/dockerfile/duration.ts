import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';

/** Nanoseconds. Both signs for micro: U+00B5 and U+03BC. */
const units = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const piece = /(\d*)(?:\.(\d*))?([^\d.]*)/y;
/** What 64 bits with a sign can hold. */
const longest = 2n ** 63n - 1n;

/** Go's duration syntax, `1h30m`, `1.5s`, `-2ms`, `0`; in nanoseconds. */
export function parseDuration(text: string, at?: Span): number {
  const fail = (reason: string): Error => problem('DURATION_INVALID', { text, reason }, at ? { at } : {});
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') throw fail('there is no number');
  let total = 0n;
  piece.lastIndex = 0;
  while (piece.lastIndex < body.length) {
    const [, whole, fraction, unit] = piece.exec(body)!;
    if (whole === '' && (fraction ?? '') === '') throw fail('a number is missing');
    if (unit === '') throw fail('a unit is missing: ns, us, ms, s, m or h');
    const scale = units.get(unit!);
    if (scale === undefined) throw fail(`"${unit}" is no unit: ns, us, ms, s, m or h`);
    total += BigInt(whole || '0') * scale + fractionOf(fraction ?? '', scale);
    if (total > longest) throw fail('it is too long');
  }
  return Number(negative ? -total : total);
}

/** Go computes fractions in floating point and drops digits that 63 bits cannot hold; so do we, for the same result. */
function fractionOf(digits: string, scale: bigint): bigint {
  let value = 0n;
  let power = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > longest) break;
    value = next;
    power *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(scale) / power)));
}
