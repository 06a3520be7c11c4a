/** A text that problems can point into: a Dockerfile, an ignore file, a config. */
export interface SourceText {
  /** As people know it: `docker/api.Dockerfile`. */
  readonly name: string;
  readonly text: string;
  /** The plugins whose `source` hook rewrote the text, in order. */
  readonly rewrittenBy?: readonly string[];
}

/** Half-open range of UTF-16 offsets into `source.text`. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/** Both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function positionAt(source: SourceText, offset: number): Position {
  const before = source.text.slice(0, Math.max(0, Math.min(offset, source.text.length)));
  const lastBreak = before.lastIndexOf('\n');
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: before.length - lastBreak };
}

/** `Dockerfile:7`, or `Dockerfile:7-9` for a span over several lines. */
export function placeOf(span: Span): string {
  const from = positionAt(span.source, span.start).line;
  const to = positionAt(span.source, Math.max(span.start, span.end - 1)).line;
  return `${span.source.name}:${from === to ? from : `${from}-${to}`}`;
}
