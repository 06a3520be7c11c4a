import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { nearest } from '../base/suggest.ts';
import { compilePattern, type WordPattern } from './word-pattern.ts';

/** The variables an instruction sees. */
export interface Scope {
  get(name: string): string | undefined;
  /** For suggestions only. */
  names?(): Iterable<string>;
}

/** How a part of a word is read. */
export interface Mode {
  /** The character that ends it; without one, the end of the text does. */
  readonly stop?: string;
  /** Escapes stay, with this character, because a pattern or replacement reads on. */
  readonly raw?: string;
  /** Is its outcome used? Else it must be well formed, and that is all. */
  readonly live: boolean;
}

/** A word being expanded. */
export interface Lexer {
  readonly text: string;
  readonly chars: readonly string[];
  at: number;
  readonly escape: string;
  readonly scope: Scope;
  /** Where problems point. */
  readonly place: Span | undefined;
  readonly read: Set<string>;
  readonly unset: Set<string>;
  /** Reads and expands up to the end that the mode names. */
  part(mode: Mode): string;
}

const nameStart = /[\p{L}_]/u;
const namePart = /[\p{L}\p{Nd}_]/u;
const digit = /\p{Nd}/u;
const special = new Set('@*#?-$!');

export const malformed = (lexer: Lexer, reason: string): Error =>
  problem('EXPANSION_INVALID', { text: lexer.text, reason }, lexer.place ? { at: lexer.place } : {});

/** What stands for the `$…` at the lexer's place. */
export function substitute(lexer: Lexer, live: boolean): string {
  lexer.at++;
  if (lexer.chars[lexer.at] === '{') return braced(lexer, live);
  const name = readName(lexer);
  return name === '' ? '$' : (lookUp(lexer, name, live, true) ?? '');
}

function braced(lexer: Lexer, live: boolean): string {
  const first = lexer.chars[++lexer.at];
  if (first === undefined) throw malformed(lexer, '"}" is missing');
  if (first === '{' || first === '}' || first === ':')
    throw malformed(lexer, 'the name of a variable is missing after "${"');
  const name = readName(lexer);
  let operator = lexer.chars[lexer.at++];
  if (operator === undefined) throw malformed(lexer, '"}" is missing');
  if (operator === '}') return lookUp(lexer, name, live, true) ?? '';
  if (operator === '/') return replaced(lexer, name, live);
  const colon = operator === ':';
  if (colon) operator = lexer.chars[lexer.at++] ?? '';
  if (operator === '-' || operator === '+' || operator === '?') return chosen(lexer, name, operator, colon, live);
  if (!colon && (operator === '#' || operator === '%')) return stripped(lexer, name, operator, live);
  throw malformed(lexer, `"${colon ? ':' : ''}${operator}" is no operator`);
}

/** `${n-w}`, `${n+w}`, `${n?w}`: only the word that is used is looked at, though all of them must be well formed. */
function chosen(lexer: Lexer, name: string, operator: '-' | '+' | '?', colon: boolean, live: boolean): string {
  const value = lookUp(lexer, name, live, false);
  const missing = value === undefined || (colon && value === '');
  const word = lexer.part({ stop: '}', live: live && (operator === '+') !== missing });
  if (operator === '-') return missing ? word : value;
  if (operator === '+') return missing ? '' : word;
  if (missing && live) {
    const text = word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`;
    const similar = value === undefined ? nearest(name, lexer.scope.names?.() ?? []) : undefined;
    throw problem('VARIABLE_REQUIRED', { name, text, nearest: similar }, lexer.place ? { at: lexer.place } : {});
  }
  return value ?? '';
}

function stripped(lexer: Lexer, name: string, operator: '#' | '%', live: boolean): string {
  const longest = lexer.chars[lexer.at] === operator;
  if (longest) lexer.at++;
  const pattern = compiled(lexer, lexer.part({ stop: '}', raw: '\\', live }));
  const value = lookUp(lexer, name, live, true) ?? '';
  return operator === '#' ? pattern.trimStart(value, longest) : pattern.trimEnd(value, longest);
}

function replaced(lexer: Lexer, name: string, live: boolean): string {
  const all = lexer.chars[lexer.at] === '/';
  if (all) lexer.at++;
  const pattern = compiled(lexer, lexer.part({ stop: '/', raw: '\\', live }));
  // The replacement is text and keeps its escapes; `$1` in it means nothing, unlike in BuildKit's replace-all.
  const by = lexer.part({ stop: '}', raw: lexer.escape, live });
  return pattern.replace(lookUp(lexer, name, live, true) ?? '', by, all);
}

function compiled(lexer: Lexer, text: string): WordPattern {
  const pattern = compilePattern(text);
  if (typeof pattern === 'string') throw malformed(lexer, `in the pattern "${text}", ${pattern}`);
  return pattern;
}

function readName(lexer: Lexer): string {
  const first = lexer.chars[lexer.at] ?? '';
  if (special.has(first)) {
    lexer.at++;
    return first;
  }
  if (digit.test(first)) return readWhile(lexer, digit);
  return nameStart.test(first) ? readWhile(lexer, namePart) : '';
}

function readWhile(lexer: Lexer, allowed: RegExp): string {
  let name = '';
  while (lexer.at < lexer.chars.length && allowed.test(lexer.chars[lexer.at]!)) name += lexer.chars[lexer.at++]!;
  return name;
}

/** `bare`: is there no fallback in the word, so that being unset deserves a remark? */
function lookUp(lexer: Lexer, name: string, live: boolean, bare: boolean): string | undefined {
  // `$@`, `$1` and their kind are a shell's; here they are empty and nobody's mistake.
  if (!nameStart.test(name)) return undefined;
  const value = lexer.scope.get(name);
  if (live) lexer.read.add(name);
  if (live && bare && value === undefined) lexer.unset.add(name);
  return value;
}
