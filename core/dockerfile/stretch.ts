import type { SourceText, Span } from '../base/source-text.ts';
import { isGap, isSpace, skipSpace, trimSpaceEnd } from './blanks.ts';
import type { Word } from './syntax.ts';

/** An instruction's physical lines made one: continuations joined, comments between them dropped. */
export interface LogicalLine {
  readonly source: SourceText;
  readonly text: string;
  /** Where the pieces of `text` come from: `text[at]` is `source.text[from]`, until the next joint. In order. */
  readonly joints: readonly { readonly at: number; readonly from: number }[];
  /** End of its last physical line in the source, without the line break. */
  readonly end: number;
  /** Empty lines inside, which a later Dockerfile version may refuse. */
  readonly emptyLines: readonly Span[];
  /** The block of comments right above. */
  readonly comments: readonly Comment[];
}

export interface Comment {
  /** Without `#` and the blanks around. */
  readonly text: string;
  readonly span: Span;
}

/** A part of a logical line, which knows its way back to the source. */
export interface Stretch {
  readonly line: LogicalLine;
  readonly start: number;
  readonly end: number;
}

export const wholeOf = (line: LogicalLine): Stretch => ({ line, start: 0, end: line.text.length });
export const textOf = (it: Stretch): string => it.line.text.slice(it.start, it.end);
export const isEmpty = (it: Stretch): boolean => it.start >= it.end;
export const wordOf = (it: Stretch): Word => ({ text: textOf(it), span: spanOf(it) });
export const part = (it: Stretch, start: number, end: number): Stretch => ({ line: it.line, start, end });

export function spanOf(it: Stretch): Span {
  const start = sourceOffset(it.line, it.start);
  return { source: it.line.source, start, end: isEmpty(it) ? start : sourceOffset(it.line, it.end - 1) + 1 };
}

function sourceOffset({ joints }: LogicalLine, at: number): number {
  let low = 0;
  let high = joints.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (joints[middle]!.at <= at) low = middle;
    else high = middle - 1;
  }
  return joints[low]!.from + at - joints[low]!.at;
}

export function trimmed(it: Stretch): Stretch {
  const end = trimSpaceEnd(it.line.text, it.start, it.end);
  return part(it, skipSpace(it.line.text, it.start, end), end);
}

/** Cuts at blanks, quotes or not: how FROM, EXPOSE, COPY, ADD and VOLUME read their words. */
export function splitAtGaps(it: Stretch): Stretch[] {
  const { text } = it.line;
  const words: Stretch[] = [];
  for (let at = it.start; at < it.end;) {
    if (isGap(text.charCodeAt(at))) {
      at++;
      continue;
    }
    const start = at;
    while (at < it.end && !isGap(text.charCodeAt(at))) at++;
    words.push(part(it, start, at));
  }
  return words;
}

/** The first blank-separated word and the trimmed rest. */
export function splitFirst(it: Stretch): readonly [first: Stretch, rest: Stretch] {
  const { text } = it.line;
  let at = it.start;
  while (at < it.end && !isGap(text.charCodeAt(at))) at++;
  return [part(it, it.start, at), trimmed(part(it, at, it.end))];
}

/** Cuts at blanks outside quotes; quotes and escapes stay in the words: how ENV, LABEL and ARG read theirs. */
export function splitQuoted(it: Stretch, escape: string): Stretch[] {
  const { text } = it.line;
  const words: Stretch[] = [];
  let at = skipSpace(text, it.start, it.end);
  while (at < it.end) {
    const start = at;
    let quote = '';
    for (; at < it.end; at++) {
      const char = text[at]!;
      if (quote === '' && isSpace(text.charCodeAt(at))) break;
      // Nothing is escaped between single quotes.
      if (char === escape && quote !== "'") at++;
      else if (char === quote) quote = '';
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
    }
    words.push(part(it, start, Math.min(at, it.end)));
    at = skipSpace(text, at, it.end);
  }
  return words;
}
