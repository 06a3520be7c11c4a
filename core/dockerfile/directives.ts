import { problem, type BuildError } from '../base/errors.ts';
import type { SourceText, Span } from '../base/source-text.ts';
import { skipSpace } from './blanks.ts';
import { parseCheckOptions } from './check-options.ts';
import type { LineReader, PhysicalLine } from './lines.ts';
import type { Directives } from './syntax.ts';

interface Found {
  readonly name: string;
  /** Up to the first blank: what follows is a remark. */
  readonly value: string;
  readonly span: Span;
}

const known = new Set(['syntax', 'escape', 'check']);
const shape = /^([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*(.+?)[\t\f\r ]*$/;

/**
 * Reads the block of directives at the top. `first` is the line after it, already taken from the reader.
 * After a `#!` line `syntax` and `check` still count but `escape` does not, as in BuildKit.
 */
export function readDirectives(
  reader: LineReader,
  complain: (error: BuildError) => void,
): { readonly directives: Directives; readonly first: PhysicalLine | undefined } {
  const { source } = reader;
  const seen = new Map<string, Found>();
  let line = reader.next();
  const scripted = line !== undefined && source.text.startsWith('#!', line.start);
  if (scripted) line = reader.next();
  for (; line; line = reader.next()) {
    const found = directiveOf(source, line, '#');
    if (!found) break;
    if (seen.has(found.name)) complain(problem('DIRECTIVE_REPEATED', { name: found.name }, { at: found.span }));
    else seen.set(found.name, found);
  }
  return { directives: directivesOf(seen, scripted, complain), first: line };
}

function directivesOf(
  seen: ReadonlyMap<string, Found>,
  scripted: boolean,
  complain: (error: BuildError) => void,
): Directives {
  const syntax = seen.get('syntax');
  const check = seen.get('check');
  const options = check && parseCheckOptions(check.value);
  if (check && typeof options === 'string')
    complain(problem('DIRECTIVE_CHECK_INVALID', { reason: options }, { at: check.span }));
  return {
    ...(syntax && { syntax: { value: syntax.value, span: syntax.span } }),
    escape: scripted ? '\\' : escapeOf(seen.get('escape'), complain),
    ...(check && typeof options === 'object' && { check: { ...options, span: check.span } }),
  };
}

function escapeOf(found: Found | undefined, complain: (error: BuildError) => void): '\\' | '`' {
  if (!found || found.value === '\\') return '\\';
  if (found.value === '`') return '`';
  complain(problem('DIRECTIVE_ESCAPE_INVALID', { value: found.value }, { at: found.span }));
  return '\\';
}

function directiveOf(source: SourceText, line: PhysicalLine, mark: string): Found | undefined {
  const start = skipSpace(source.text, line.start, line.end);
  if (!source.text.startsWith(mark, start)) return undefined;
  const from = skipSpace(source.text, start + mark.length, line.end);
  const match = shape.exec(source.text.slice(from, line.end));
  const name = match?.[1]!.toLowerCase();
  if (name === undefined || !known.has(name)) return undefined;
  const whole = match![2]!;
  // The value of `escape` may be no blank-separated list: `\ x` is refused as a whole.
  return { name, value: name === 'escape' ? whole : whole.split(' ', 1)[0]!, span: { source, start, end: line.end } };
}

/**
 * The frontend a text asks for, in any of the forms BuildKit knows: `# syntax=`, `// syntax=`, or a JSON object
 * with the key `syntax`; a `#!` line before it does not count. Works on texts that are no Dockerfiles at all.
 */
export function detectSyntax(source: SourceText): { readonly value: string; readonly span: Span } | undefined {
  const { text } = source;
  const bom = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const body = text.startsWith('#!', bom) ? lineEnd(text, bom).next : bom;
  for (const mark of ['#', '//'])
    for (let at = body; at < text.length;) {
      const { end, next } = lineEnd(text, at);
      const found = directiveOf(source, { start: at, end, next }, mark);
      if (!found) break;
      if (found.name === 'syntax') return { value: found.value, span: found.span };
      at = next;
    }
  const value = syntaxOfJson(text.slice(body));
  return value === undefined ? undefined : { value, span: { source, start: body, end: lineEnd(text, body).end } };
}

function lineEnd(text: string, from: number): { readonly end: number; readonly next: number } {
  const lineBreak = text.indexOf('\n', from);
  const stop = lineBreak === -1 ? text.length : lineBreak;
  return { end: text[stop - 1] === '\r' && stop > from ? stop - 1 : stop, next: lineBreak === -1 ? stop : stop + 1 };
}

function syntaxOfJson(text: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const syntax = (value as { readonly syntax?: unknown }).syntax;
    return typeof syntax === 'string' ? syntax : undefined;
  } catch {
    return undefined;
  }
}
