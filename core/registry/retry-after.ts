/** The Retry-After header in milliseconds: seconds or a date (RFC 9110 10.2.3); `undefined` where it says nothing. */
export function retryAfter(header: string | undefined, now: number = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Only dates: Date.parse takes lone numbers and words with digits too.
  if (!/^[a-z]{3,9},? .*gmt$/i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
