/**
 * Fields of one CSV record, as docker and buildx have them: a field in double quotes may hold commas, a doubled quote
 * is a quote. `undefined` where a quote is not closed.
 */
export function splitFields(text: string): string[] | undefined {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"' && quoted && text[at + 1] === '"') field += text[at++];
    else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  return quoted ? undefined : [...fields, field];
}
