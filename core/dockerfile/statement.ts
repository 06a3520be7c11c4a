import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { nearest } from '../base/suggest.ts';
import { skippedChecks } from './check-options.ts';
import { readFlags, splitFlags, type FlagShape, type Flags, type RawFlag } from './flags.ts';
import type { PlacedHeredoc } from './heredoc.ts';
import { isEmpty, spanOf, splitFirst, textOf, trimmed, wholeOf, type LogicalLine, type Stretch } from './stretch.ts';

export const keywords = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
] as const;
export type Keyword = (typeof keywords)[number];

/** An instruction cut into keyword, flags and arguments, whose meaning nobody has asked yet. */
export interface Statement {
  /** The whole of it on the logical line. */
  readonly stretch: Stretch;
  /** As written. */
  readonly keyword: Stretch;
  readonly kind: Keyword;
  readonly flags: readonly RawFlag[];
  readonly args: Stretch;
  readonly escape: string;
}

/** What every instruction node holds. */
export interface NodeBase {
  readonly span: Span;
  readonly keyword: string;
  readonly title: string;
  readonly skippedChecks?: readonly string[];
}

/** A statement with all that belongs to it, ready to be read. */
export interface Reading extends Statement {
  readonly node: NodeBase;
  readonly heredocs: readonly PlacedHeredoc[];
}

export function cutStatement(stretch: Stretch, escape: string): Statement {
  const whole = trimmed(stretch);
  const [keyword, rest] = splitFirst(whole);
  const word = textOf(keyword);
  const kind = keywords.find((known) => known === word.toUpperCase());
  if (!kind) throw problem('INSTRUCTION_UNKNOWN', { word, nearest: nearest(word, keywords) }, { at: spanOf(keyword) });
  const { flags, args } = splitFlags(rest, escape);
  return { stretch: whole, keyword, kind, flags, args: trimmed(args), escape };
}

/** The node's common part; `end` is the end of the last heredoc in the source. */
export function nodeOf(statement: Statement, heredocs: readonly PlacedHeredoc[], end: number): NodeBase {
  const { line } = statement.stretch;
  const skipped = skippedChecks(line.comments);
  return {
    span: { source: line.source, start: spanOf(statement.keyword).start, end },
    keyword: textOf(statement.keyword),
    title: titleOf(statement, heredocs),
    ...(skipped && { skippedChecks: skipped }),
  };
}

/** The text as one line with the keyword in capitals; a RUN that is all heredoc shows how it begins. */
function titleOf(statement: Statement, heredocs: readonly PlacedHeredoc[]): string {
  const text = textOf(statement.stretch);
  const word = textOf(statement.keyword);
  const title = statement.kind + text.slice(word.length);
  const [only] = heredocs;
  if (statement.kind !== 'RUN' || !only || textOf(only.marker.stretch) !== textOf(statement.args)) return title;
  const [first, ...more] = only.raw.trim().split(/\r?\n/);
  return first === '' ? title : `${title} (${first}${more.length > 0 ? '...' : ''})`;
}

export const flagsOf = (it: Reading, shapes: Readonly<Record<string, FlagShape>>): Flags =>
  readFlags(it.kind, it.flags, shapes);

/** For instructions that know no flags. */
export const refuseFlags = (it: Reading): Flags => flagsOf(it, {});

/** Complains about too few or too many arguments. */
export const wrongArguments = (it: Reading, needs: string): Error =>
  problem(
    'ARGUMENTS_WRONG',
    { keyword: it.kind, needs },
    { at: isEmpty(it.args) ? spanOf(it.stretch) : spanOf(it.args) },
  );

export const wholeStatement = (line: LogicalLine, escape: string): Statement => cutStatement(wholeOf(line), escape);
