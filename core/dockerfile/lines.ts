import { problem } from '../base/errors.ts';
import type { SourceText, Span } from '../base/source-text.ts';
import { skipSpace, trimSpace } from './blanks.ts';
import type { Comment, LogicalLine } from './stretch.ts';

/** Bytes of one physical line, as BuildKit's scanner allows: 64 KiB - 1. */
export const longestLine = 65_535;

/** A line of the file: [start, end) without its line break, which ends where the next one starts. */
export interface PhysicalLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

export interface LineReader {
  readonly source: SourceText;
  next(): PhysicalLine | undefined;
}

/** Hands out physical lines one by one; a byte-order mark at the very start is no part of the first. */
export function lineReader(source: SourceText): LineReader {
  const { text } = source;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  return {
    source,
    next() {
      if (at >= text.length) return undefined;
      const start = at;
      const lineBreak = text.indexOf('\n', at);
      const stop = lineBreak === -1 ? text.length : lineBreak;
      at = lineBreak === -1 ? text.length : lineBreak + 1;
      checkLength(source, start, stop);
      let end = stop;
      while (end > start && text[end - 1] === '\r') end--;
      return { start, end, next: at };
    },
  };
}

function checkLength(source: SourceText, start: number, end: number): void {
  // A UTF-16 unit is at most three bytes of UTF-8.
  if ((end - start) * 3 <= longestLine) return;
  const bytes = Buffer.byteLength(source.text.slice(start, end));
  if (bytes > longestLine)
    throw problem('DOCKERFILE_LINE_TOO_LONG', { bytes, limit: longestLine }, { at: { source, start, end } });
}

/** What the lines above an instruction have come to: comments in a block, undone by a blank line or a bare `#`. */
export interface Above {
  comments: Comment[];
}

/**
 * The next instruction as one line; `undefined` at the end of the file.
 * `first` was read already by whoever looked for directives.
 */
export function nextLogicalLine(
  reader: LineReader,
  escape: string,
  above: Above,
  first?: PhysicalLine,
): LogicalLine | undefined {
  for (let line = first ?? reader.next(); line; line = reader.next()) {
    const { text } = reader.source;
    const start = skipSpace(text, line.start, line.end);
    if (start === line.end) above.comments = [];
    else if (text[start] === '#') noteComment(reader.source, above, start, line.end);
    else {
      const joined = join(reader, escape, start, line, above.comments);
      above.comments = [];
      if (joined) return joined;
    }
  }
  return undefined;
}

function noteComment(source: SourceText, above: Above, start: number, end: number): void {
  const text = trimSpace(source.text.slice(start + 1, end));
  if (text === '') above.comments = [];
  else above.comments.push({ text, span: { source, start, end } });
}

function join(
  reader: LineReader,
  escape: string,
  start: number,
  first: PhysicalLine,
  comments: readonly Comment[],
): LogicalLine | undefined {
  const { source } = reader;
  const joints: { at: number; from: number }[] = [];
  const emptyLines: Span[] = [];
  let joined = '';
  let end = first.end;
  const add = (from: number, to: number): boolean => {
    const cut = continuationAt(source.text, escape, from, to);
    joints.push({ at: joined.length, from });
    joined += source.text.slice(from, cut ?? to);
    end = to;
    return cut !== undefined;
  };
  let goesOn = add(start, first.end);
  while (goesOn) {
    const line = reader.next();
    if (!line) break;
    const at = skipSpace(source.text, line.start, line.end);
    if (at === line.end) emptyLines.push({ source, start: line.start, end: line.end });
    else if (source.text[at] !== '#') goesOn = add(line.start, line.end);
  }
  if (trimSpace(joined) === '') return undefined;
  return { source, text: joined, joints, end, emptyLines, comments };
}

/** Where the continuation mark of [from, to) stands: the escape character, not itself escaped, before trailing blanks. */
function continuationAt(text: string, escape: string, from: number, to: number): number | undefined {
  let last = to - 1;
  while (last >= from && (text[last] === ' ' || text[last] === '\t')) last--;
  if (last < from || text[last] !== escape) return undefined;
  return last > from && text[last - 1] === escape ? undefined : last;
}
