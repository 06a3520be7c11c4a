const kept = new Set(['mount', 'from', 'digest', 'n', 'last', 'service', 'scope']);
const longest = 300;

/** A URL as it may be shown: no user, no password, of the query only what cannot be a signature. */
export function redactUrl(url: URL): string {
  const query = [...url.searchParams].map(([name, value]) => (kept.has(name) ? `${name}=${value}` : `${name}=***`));
  return `${url.protocol}//${url.host}${url.pathname}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** A line a server sent, as it may be shown: no control characters, no tokens, no URLs with signatures, capped. */
export function redactText(text: string): string {
  const clean = text
    // A hostile server must not move the cursor of a terminal.
    .replace(/[\u0000-\u0020\u007f-\u009f]+/g, ' ')
    .replace(/\b(basic|bearer)\s+[\w.~+/=-]{6,}/gi, '$1 ***')
    .replace(/https?:\/\/[^\s"'<>]+/g, (link) => (URL.canParse(link) ? redactUrl(new URL(link)) : '***'))
    .replace(/\beyJ[\w-]{10,}(\.[\w-]*)*/g, '***')
    .trim();
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
}
