import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { nearest } from '../base/suggest.ts';
import {
  expandHeredoc,
  expandWord,
  expandWords,
  type Heredoc,
  type Instruction,
  type PairsInstruction,
  type Word,
} from '../dockerfile/index.ts';
import type { Pairs } from '../oci/image.ts';
import { escapeOf, placeIn, type StageDraft } from './stage-draft.ts';
import { isSilentArg, scopeOf } from './variables.ts';

/**
 * A word with the variables in force put in. Everything one instruction expands must be expanded before the
 * instruction changes a variable: `ENV a=1 b=$a` sees the `a` of before.
 */
export function expand(draft: StageDraft, it: Instruction, word: Word): string {
  const { text, unset } = expandWord(word.text, scopeOf(draft.variables), escapeOf(draft), placeIn(draft, word.span));
  reportUnset(draft, it, unset);
  return text;
}

/** Keys and values of ENV and LABEL. */
export const expandPairs = (draft: StageDraft, it: PairsInstruction): Pairs =>
  it.pairs.map(({ key, value }) => {
    const name = expand(draft, it, key);
    if (name === '') throw problem('NAME_BLANK', { keyword: it.kind.toUpperCase() }, { at: placeIn(draft, key.span) });
    return [name, expand(draft, it, value)];
  });

/** As `expand`, cut at blanks, also those that come out of variables. */
export function expandToWords(draft: StageDraft, it: Instruction, word: Word): readonly string[] {
  const { words, unset } = expandWords(word.text, scopeOf(draft.variables), escapeOf(draft), placeIn(draft, word.span));
  reportUnset(draft, it, unset);
  return words;
}

export function expandBody(draft: StageDraft, it: Instruction, heredoc: Heredoc): string {
  if (!heredoc.expand) return heredoc.content;
  const { text, unset } = expandHeredoc(heredoc.content, scopeOf(draft.variables), placeIn(draft, heredoc.span));
  reportUnset(draft, it, unset);
  return text;
}

/** A title for progress: what cannot be expanded shows as written. */
export function expandTitle(draft: StageDraft, it: Instruction): string {
  try {
    return expandWord(it.title, scopeOf(draft.variables), escapeOf(draft)).text.trimEnd();
  } catch {
    return it.title;
  }
}

/** A remark about an instruction, unless it is switched off. */
export function remark(draft: StageDraft, it: Instruction, rule: string, message: string, at: Span = it.span): void {
  const { planning, rules } = draft.scope;
  planning.remarks.add(rule, message, placeIn(draft, at), rules, it.skippedChecks);
}

/** A variable nobody defined. An ARG without a value defines. */
function reportUnset(draft: StageDraft, it: Instruction, unset: readonly string[]): void {
  for (const name of unset) {
    if (draft.args.has(name) || isSilentArg(name)) continue;
    const near = nearest(name, draft.variables.keys());
    remark(
      draft,
      it,
      'UndefinedVar',
      `Usage of undefined variable '$${name}'${near ? ` (did you mean $${near}?)` : ''}`,
    );
  }
}
