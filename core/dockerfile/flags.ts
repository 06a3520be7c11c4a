import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { isSpace, skipSpace } from './blanks.ts';
import { part, spanOf, type Stretch } from './stretch.ts';
import type { Word } from './syntax.ts';

/** `--name` or `--name=value` as it stands before the arguments, quotes and escapes already undone. */
export interface RawFlag {
  readonly name: string;
  /** Its text is unquoted; its span shows it as written. */
  readonly value: Word | undefined;
  readonly stretch: Stretch;
}

/** Takes the words that begin with `--` off the front; a bare `--` ends them. */
export function splitFlags(
  rest: Stretch,
  escape: string,
): { readonly flags: readonly RawFlag[]; readonly args: Stretch } {
  const { text } = rest.line;
  const flags: RawFlag[] = [];
  let at = skipSpace(text, rest.start, rest.end);
  while (text.startsWith('--', at) && at + 1 < rest.end) {
    const flag = readFlag(rest, at, escape);
    at = skipSpace(text, flag.stretch.end, rest.end);
    if (flag.name === '' && flag.value === undefined) break;
    flags.push(flag);
  }
  return { flags, args: part(rest, at, rest.end) };
}

function readFlag(rest: Stretch, start: number, escape: string): RawFlag {
  const { text } = rest.line;
  let unquoted = '';
  let quote = '';
  let equals: { readonly raw: number; readonly unquoted: number } | undefined;
  let at = start;
  for (; at < rest.end; at++) {
    let char = text[at]!;
    if (quote === '' && isSpace(text.charCodeAt(at))) break;
    if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else {
      // Flags know escapes between single quotes too.
      if (char === escape) {
        if (++at >= rest.end) break;
        char = text[at]!;
      }
      if (char === '=') equals ??= { raw: at, unquoted: unquoted.length };
      unquoted += char;
    }
  }
  const stretch = part(rest, start, Math.min(at, rest.end));
  return {
    name: unquoted.slice(2, equals?.unquoted),
    value: equals && {
      text: unquoted.slice(equals.unquoted + 1),
      span: spanOf(part(rest, equals.raw + 1, stretch.end)),
    },
    stretch,
  };
}

/** `bool`: bare or true/false. `text`: one value. `list`: may be repeated. */
export type FlagShape = 'bool' | 'text' | 'list';

export interface Flags {
  text(name: string): Word | undefined;
  bool(name: string): boolean | undefined;
  list(name: string): readonly RawFlag[];
}

const none: Flags = { text: () => undefined, bool: () => undefined, list: () => [] };

/** Checks flags against the ones an instruction knows. */
export function readFlags(
  keyword: string,
  flags: readonly RawFlag[],
  shapes: Readonly<Record<string, FlagShape>>,
): Flags {
  if (flags.length === 0) return none;
  const known = new Map(Object.entries(shapes));
  const used = new Map<string, RawFlag[]>();
  for (const flag of flags) {
    const shape = known.get(flag.name);
    const at = spanOf(flag.stretch);
    const facts = { keyword, flag: flag.name };
    if (shape === undefined)
      throw problem(
        'FLAG_UNKNOWN',
        { ...facts, known: [...known.keys()], nearest: nearest(flag.name, known.keys()) },
        { at },
      );
    const before = used.get(flag.name);
    if (before && shape !== 'list') throw problem('FLAG_REPEATED', facts, { at });
    if (shape === 'bool' ? flag.value?.text === '' : flag.value === undefined)
      throw problem('FLAG_VALUE_MISSING', facts, { at });
    if (shape === 'bool' && flag.value && !/^(?:true|false)$/i.test(flag.value.text))
      throw problem(
        'FLAG_VALUE_INVALID',
        { ...facts, value: flag.value.text, allowed: ['true', 'false'] },
        { at: flag.value.span },
      );
    if (before) before.push(flag);
    else used.set(flag.name, [flag]);
  }
  return {
    text: (name) => used.get(name)?.[0]!.value,
    bool(name) {
      const flag = used.get(name)?.[0];
      return flag && flag.value?.text.toLowerCase() !== 'false';
    },
    list: (name) => used.get(name) ?? [],
  };
}
