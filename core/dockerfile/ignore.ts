import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { SourceText, Span } from '../base/source-text.ts';
import { skipSpace, trimSpaceEnd } from './blanks.ts';
import { compileIgnorePattern, type IgnorePattern } from './ignore-pattern.ts';
import type { Word } from './syntax.ts';

/**
 * What an ignore file excludes. Paths are relative, with slashes, one char a byte. Fastest when asked depth first:
 * what was found of the directories above the last path is kept.
 */
export interface IgnoreMatcher {
  ignores(path: string): boolean;
  /** Must a directory that is ignored be walked all the same, because a later `!` line may match below it? */
  mayHoldIncluded(dir: string): boolean;
  /** The line that excludes a path. */
  reason(path: string): Span | undefined;
  /** Is there no rule at all? */
  readonly empty: boolean;
}

interface Rule {
  /** `!`: brings back what earlier rules excluded. */
  readonly includes: boolean;
  readonly pattern: IgnorePattern;
  readonly span: Span;
}

/** Reads a `.dockerignore`. */
export function parseIgnore(source: SourceText): IgnoreMatcher {
  const rules: Rule[] = [];
  const { text } = source;
  for (let start = text.charCodeAt(0) === 0xfeff ? 1 : 0; start < text.length;) {
    const lineBreak = text.indexOf('\n', start);
    const stop = lineBreak === -1 ? text.length : lineBreak;
    const end = trimSpaceEnd(text, start, stop);
    const from = skipSpace(text, start, end);
    // A comment only where `#` is the very first character of the line.
    if (from < end && text[start] !== '#')
      rules.push(ruleOf(text.slice(from, end), { source, start: from, end }, true));
    start = stop + 1;
  }
  return rulesOf(rules);
}

/** The `--exclude` patterns of a COPY or ADD: the same language, relative to the root of what is copied. */
export const excludeRules = (words: readonly Word[]): IgnoreMatcher =>
  rulesOf(words.filter(({ text }) => text.trim() !== '').map(({ text, span }) => ruleOf(text.trim(), span, false)));

function ruleOf(line: string, span: Span, dropsSlash: boolean): Rule {
  const includes = line.startsWith('!');
  const written = includes ? line.slice(1).trim() : line;
  if (written === '')
    throw problem('IGNORE_RULE_INVALID', { line, reason: 'a pattern is missing after "!"' }, { at: span });
  const cleaned = cleanPath(written);
  const pattern = compileIgnorePattern(dropsSlash && cleaned.length > 1 ? cleaned.replace(/^\//, '') : cleaned);
  if (typeof pattern === 'string') throw problem('IGNORE_RULE_INVALID', { line, reason: pattern }, { at: span });
  return { includes, pattern, span };
}

/** Go's `path.Clean`: no doubled slashes, no `.`, no `..` that something stands before, no slash at the end. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!rooted) parts.push(part);
  }
  const joined = parts.join('/');
  return rooted ? `/${joined}` : joined || '.';
}

/** What the rules say of one path. */
interface Verdict {
  readonly path: string;
  /** By rule: does it match the path or a directory above it? Rules that could change nothing were not asked. */
  readonly matched: Uint8Array;
  /** The rule that excludes it, -1 when it is not excluded. */
  readonly by: number;
}

function rulesOf(rules: readonly Rule[]): IgnoreMatcher {
  /** Verdicts on the directories above the last path, outermost first. */
  const above: Verdict[] = [];
  const judge = (bytes: string): Verdict => {
    const path = toUtf8(bytes);
    while (above.length > 0 && !path.startsWith(`${above.at(-1)!.path}/`)) above.pop();
    for (let at = nextSlash(path, above.at(-1)); at !== -1; at = path.indexOf('/', at + 1))
      above.push(judgeOne(rules, path.slice(0, at), above.at(-1)));
    return judgeOne(rules, path, above.at(-1));
  };
  const excluded = (path: string): Verdict | undefined => {
    if (rules.length === 0 || path === '' || path === '.') return undefined;
    const verdict = judge(path);
    return verdict.by === -1 ? undefined : verdict;
  };
  return {
    empty: rules.length === 0,
    ignores: (path) => excluded(path) !== undefined,
    mayHoldIncluded(dir) {
      const verdict = excluded(dir);
      if (!verdict) return true;
      return rules.some((rule, at) => at > verdict.by && rule.includes && rule.pattern.reaches(verdict.path));
    },
    reason(path) {
      const verdict = excluded(path);
      return verdict && rules[verdict.by]!.span;
    },
  };
}

const nextSlash = (path: string, parent: Verdict | undefined): number =>
  path.indexOf('/', parent ? parent.path.length + 1 : 0);

/**
 * The last rule that matches decides, and what matches a directory matches all below it. A rule that would not change
 * the outcome so far is passed over, and then counts for the path itself only, not for what is below: BuildKit's walk.
 */
function judgeOne(rules: readonly Rule[], path: string, parent: Verdict | undefined): Verdict {
  const matched = new Uint8Array(rules.length);
  let by = -1;
  for (let at = 0; at < rules.length; at++) {
    const { includes, pattern } = rules[at]!;
    const matches =
      (parent !== undefined && parent.matched[at] === 1) || (includes === by >= 0 && pattern.matches(path));
    if (!matches) continue;
    matched[at] = 1;
    by = includes ? -1 : at;
  }
  return { path, matched, by };
}
