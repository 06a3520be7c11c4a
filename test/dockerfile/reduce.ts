import { codeFrame } from '../../core/base/code-frame.ts';
import { BuildError, BuildErrors } from '../../core/base/errors.ts';
import { positionAt, type SourceText, type Span } from '../../core/base/source-text.ts';

/** `line:column-line:column`, the end being the place behind the last character. */
export function placeText({ source, start, end }: Span): string {
  const from = positionAt(source, start);
  const to = positionAt(source, end);
  return `${from.line}:${from.column}-${to.line}:${to.column}`;
}

/** An AST as JSON for people: words as `text @place`, nodes with `at`, empty lists and the source left out. */
export function reduce(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reduce);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name, member]) => name !== 'source' && !isEmptyList(name, member));
  const span = (value as { readonly span?: Span }).span;
  if (members.length === 2 && span && 'text' in value) return `${String(value.text)} @${placeText(span)}`;
  return Object.fromEntries(
    members.map(([name, member]) => (name === 'span' ? ['at', placeText(member as Span)] : [name, reduce(member)])),
  );
}

/** An empty `argv` says something; other empty lists are what goes without saying. */
const isEmptyList = (name: string, member: unknown): boolean =>
  name !== 'argv' && Array.isArray(member) && member.length === 0;

/** What a person would be told, one complaint after another. */
export function problemText(error: unknown): string {
  if (error instanceof BuildErrors) return error.errors.map(problemText).join('\n');
  if (!BuildError.is(error)) throw error;
  const { code, title, message, hint, where } = error;
  return [
    `${code}: ${title}`,
    message,
    ...(hint ? [`hint: ${hint}`] : []),
    ...(where.at ? [`at ${placeText(where.at)}`, codeFrame(where.at)] : []),
    '',
  ].join('\n');
}

export const sourceOf = (text: string, name = 'Dockerfile'): SourceText => ({ name, text });
