import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { isSpace } from './blanks.ts';
import type { LineReader } from './lines.ts';
import { part, spanOf, type Stretch } from './stretch.ts';
import type { Heredoc } from './syntax.ts';

/** `3<<-"EOF"` on the line of an instruction. */
export interface HeredocMarker {
  readonly stretch: Stretch;
  readonly name: string;
  readonly expand: boolean;
  readonly chomp: boolean;
  readonly fd: number;
}

/** A heredoc with the marker that opened it, and its body before tabs were stripped. */
export interface PlacedHeredoc {
  readonly marker: HeredocMarker;
  readonly heredoc: Heredoc;
  readonly raw: string;
}

const shape = /^(\d*)<<(-?)\s*([^<]*)$/;

/** What a word says as a heredoc marker, or nothing when it is none: `<<<x`, `<<`, `a<<b`. */
export function markerOf(word: string): Omit<HeredocMarker, 'stretch'> | undefined {
  const match = shape.exec(word);
  if (!match) return undefined;
  const { name, quoted } = unquote(match[3]!);
  if (name === '') return undefined;
  return { name, expand: !quoted, chomp: match[2] === '-', fd: match[1] === '' ? 0 : Number(match[1]) };
}

/**
 * The delimiter itself; no name when it is more than one word.
 * Delimiters know the backslash as their escape, whatever the Dockerfile's escape character.
 */
function unquote(text: string): { readonly name: string; readonly quoted: boolean } {
  let name = '';
  let quoted = false;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\' && quote !== "'" && (quote === '' || /["$\\]/.test(text[at + 1] ?? ''))) name += text[++at] ?? '';
    else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      quoted = true;
    } else if (quote === '' && isSpace(char.charCodeAt(0))) return { name: '', quoted };
    else name += char;
  }
  return { name, quoted };
}

/** The heredoc markers among the words of a line, in order. A line whose quotes do not balance has none. */
export function findMarkers(args: Stretch): readonly HeredocMarker[] {
  const { text } = args.line;
  if (!text.slice(args.start, args.end).includes('<<')) return [];
  const markers: HeredocMarker[] = [];
  for (let at = args.start; at < args.end;) {
    if (isSpace(text.charCodeAt(at))) {
      at++;
      continue;
    }
    const end = wordEnd(text, at, args.end);
    if (end === undefined) return [];
    const found = markerOf(text.slice(at, end));
    if (found) markers.push({ ...found, stretch: part(args, at, end) });
    at = end;
  }
  return markers;
}

/** End of the shell word at `start`; `undefined` when a quote or brace in it never closes. */
function wordEnd(text: string, start: number, end: number): number | undefined {
  let at = start;
  while (at < end && !isSpace(text.charCodeAt(at))) {
    const next = pieceEnd(text, at, end, /^\d*$/.test(text.slice(start, at)));
    if (next === undefined) return undefined;
    at = next;
  }
  return Math.min(at, end);
}

function pieceEnd(text: string, at: number, end: number, mayOpen: boolean): number | undefined {
  const char = text[at];
  const next = text[at + 1];
  if (char === '\\') return at + 2;
  if (char === "'") {
    const close = text.indexOf("'", at + 1);
    return close === -1 || close >= end ? undefined : close + 1;
  }
  if (char === '"') return doubleQuoteEnd(text, at + 1, end);
  if (char === '$' && next === '{') return braceEnd(text, at + 2, end);
  if (char === '(' && next === '(') return arithmeticEnd(text, at + 2, end);
  if (char === '<' && next === '<' && mayOpen) return delimiterStart(text, at + 2, end);
  return at + 1;
}

function doubleQuoteEnd(text: string, from: number, end: number): number | undefined {
  for (let at = from; at < end; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function braceEnd(text: string, from: number, end: number): number | undefined {
  let at = from;
  while (at < end) {
    if (text[at] === '}') return at + 1;
    const next = pieceEnd(text, at, end, false);
    if (next === undefined) return undefined;
    at = next;
  }
  return undefined;
}

/** In `$((1 << 2))` the marks shift bits; without the closing brackets it is no arithmetic. */
function arithmeticEnd(text: string, from: number, end: number): number {
  const close = text.indexOf('))', from);
  return close === -1 || close >= end ? from : close + 2;
}

/** Blanks between `<<` or `<<-` and the delimiter belong to the marker, as in a shell. */
function delimiterStart(text: string, from: number, end: number): number {
  let at = text[from] === '-' && /[ \t\r]/.test(text[from + 1] ?? '') ? from + 1 : from;
  while (at < end && /[ \t\r]/.test(text[at]!)) at++;
  return at;
}

/** Reads the bodies of markers, which follow their line in the same order. */
export function readBodies(
  reader: LineReader,
  markers: readonly HeredocMarker[],
  last: number,
): { readonly heredocs: readonly PlacedHeredoc[]; readonly end: number } {
  let end = last;
  const heredocs = markers.map((marker) => {
    const body = readBody(reader, marker);
    ({ end } = body);
    const { name, expand, chomp, fd } = marker;
    const content = chomp ? body.raw.replaceAll(/(^|\n)\t+/g, '$1') : body.raw;
    return { marker, raw: body.raw, heredoc: { name, expand, chomp, fd, content, span: body.span } };
  });
  return { heredocs, end };
}

function readBody(
  reader: LineReader,
  marker: HeredocMarker,
): { readonly raw: string; readonly span: Span; readonly end: number } {
  const { source } = reader;
  const { text } = source;
  let start: number | undefined;
  for (let line = reader.next(); line; line = reader.next()) {
    start ??= line.start;
    let from = line.start;
    if (marker.chomp) while (text[from] === '\t') from++;
    if (line.end - from === marker.name.length && text.startsWith(marker.name, from))
      return { raw: text.slice(start, line.start), span: { source, start, end: line.start }, end: line.end };
  }
  throw problem('HEREDOC_UNTERMINATED', { name: marker.name }, { at: spanOf(marker.stretch) });
}
