import type { Span } from '../base/source-text.ts';
import { isSpace } from './blanks.ts';
import { malformed, substitute, type Lexer, type Mode, type Scope } from './substitution.ts';

/** What was read of the scope, each name once, in order. */
export interface VariableUse {
  readonly read: readonly string[];
  /** Those without a value, except where the word says what then: `${name:-fallback}`. */
  readonly unset: readonly string[];
}
export interface ExpandedWord extends VariableUse {
  readonly text: string;
}
export interface ExpandedWords extends VariableUse {
  readonly words: readonly string[];
}

/** Undoes quotes and escapes and puts in variables. `at` is where problems point. */
export function expandWord(text: string, scope: Scope, escape: string, at?: Span): ExpandedWord {
  const { whole, read, unset } = expand(text, scope, escape, true, at);
  return { text: whole, read, unset };
}

/** As `expandWord`, and cut at blanks that no quote or escape protects, also those that come out of variables. */
export function expandWords(text: string, scope: Scope, escape: string, at?: Span): ExpandedWords {
  const { words, read, unset } = expand(text, scope, escape, true, at);
  return { words, read, unset };
}

/**
 * Puts variables into the body of a COPY or ADD heredoc: quotes stay, a backslash goes and keeps the next character
 * from being special. The Dockerfile's own escape character does not matter here, as in BuildKit.
 */
export function expandHeredoc(text: string, scope: Scope, at?: Span): ExpandedWord {
  const { whole, read, unset } = expand(text, scope, '\\', false, at);
  return { text: whole, read, unset };
}

interface Expanded extends VariableUse {
  readonly whole: string;
  readonly words: readonly string[];
}

function expand(text: string, scope: Scope, escape: string, quotes: boolean, place: Span | undefined): Expanded {
  const lexer: Lexer = {
    text,
    chars: Array.from(text),
    at: 0,
    escape,
    scope,
    place,
    read: new Set(),
    unset: new Set(),
    part: (mode) => readPart(lexer, mode, quotes).whole,
  };
  return { ...readPart(lexer, { live: true }, quotes), read: [...lexer.read], unset: [...lexer.unset] };
}

function readPart(lexer: Lexer, mode: Mode, quotes: boolean): { readonly whole: string; readonly words: string[] } {
  const out = gatherer();
  const { chars, escape } = lexer;
  while (lexer.at < chars.length) {
    const char = chars[lexer.at]!;
    if (char === mode.stop) {
      lexer.at++;
      return out.end();
    }
    if (char === '$') out.loose(substitute(lexer, mode.live));
    else if (quotes && char === "'") out.firm(singleQuoted(lexer));
    else if (quotes && char === '"') out.firm(doubleQuoted(lexer, mode));
    else if (char === escape) {
      out.firm(mode.raw ?? '');
      // At the very end there is nothing to escape, and the escape character goes.
      out.firm(chars[++lexer.at] ?? '');
      lexer.at++;
    } else {
      out.loose(char);
      lexer.at++;
    }
  }
  if (mode.stop !== undefined) throw malformed(lexer, `"${mode.stop}" is missing`);
  return out.end();
}

function singleQuoted(lexer: Lexer): string {
  const close = lexer.chars.indexOf("'", lexer.at + 1);
  if (close === -1) throw malformed(lexer, "a ' is not closed");
  const text = lexer.chars.slice(lexer.at + 1, close).join('');
  lexer.at = close + 1;
  return text;
}

function doubleQuoted(lexer: Lexer, mode: Mode): string {
  const { chars, escape } = lexer;
  let text = '';
  for (lexer.at++; lexer.at < chars.length;) {
    const char = chars[lexer.at]!;
    if (char === '$') {
      text += substitute(lexer, mode.live);
      continue;
    }
    lexer.at++;
    if (char === '"') return text;
    const next = chars[lexer.at];
    if (char !== escape) text += char;
    else if (next === '"' || next === '$' || next === escape) {
      text += (mode.raw ?? '') + next;
      lexer.at++;
      // Before other characters it is an ordinary character.
    } else text += (mode.raw ?? '') + escape;
  }
  throw malformed(lexer, 'a " is not closed');
}

/** Gathers text whole, and beside it the words it falls into: loose text is cut at blanks, firm text never. */
function gatherer() {
  let whole = '';
  let word = '';
  const words: string[] = [];
  const cut = (): void => {
    if (word !== '') words.push(word);
    word = '';
  };
  return {
    loose(text: string): void {
      whole += text;
      for (const char of text)
        if (isSpace(char.codePointAt(0)!)) cut();
        else word += char;
    },
    firm(text: string): void {
      whole += text;
      word += text;
    },
    end() {
      cut();
      return { whole, words };
    },
  };
}
