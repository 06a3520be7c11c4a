import { problem } from '../base/errors.ts';
import { part, spanOf, textOf, type Stretch } from './stretch.ts';
import type { Word } from './syntax.ts';

/**
 * Arguments in JSON form, each with its place; `undefined` where the text is no JSON array (then it is shell form:
 * single quotes, a missing bracket, text after the end). An array that holds anything but strings is a mistake.
 */
export function readJsonForm(args: Stretch, keyword: string): Word[] | undefined {
  const text = textOf(args);
  if (!text.startsWith('[')) return undefined;
  const values = parseArray(text);
  if (!values) return undefined;
  const strings = values.filter((value) => typeof value === 'string');
  if (strings.length < values.length) throw problem('JSON_NOT_STRINGS', { keyword }, { at: spanOf(args) });
  const words: Word[] = [];
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"/g)) {
    const start = args.start + match.index;
    words.push({ text: strings[words.length]!, span: spanOf(part(args, start, start + match[0].length)) });
  }
  return words;
}

function parseArray(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
