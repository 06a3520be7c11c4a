import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { nearest } from '../base/suggest.ts';
import type { RawFlag } from './flags.ts';
import { spanOf } from './stretch.ts';
import type { MountFlag } from './syntax.ts';

export const mountTypes = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;

/** Other spellings of options, by the name they stand for. */
const aliases = new Map([
  ['src', 'source'],
  ['dst', 'target'],
  ['destination', 'target'],
  ['ro', 'readonly'],
  ['rw', 'readwrite'],
]);
const options = [
  'type',
  'from',
  'source',
  'target',
  'readonly',
  'readwrite',
  'id',
  'sharing',
  'required',
  'mode',
  'uid',
  'gid',
  'size',
  'env',
];
/** Options that may stand without a value. */
const bare = new Set(['readonly', 'readwrite', 'required']);

/** Cuts `--mount=…` into options; what their values mean is judged once they are expanded. */
export function readMountFlag(flag: RawFlag): MountFlag {
  const { text, span } = flag.value!;
  const fail = (reason: string, piece?: string, near?: string): Error =>
    problem('MOUNT_INVALID', { reason, nearest: near }, { at: piece === undefined ? span : within(span, text, piece) });
  const fields = splitCsv(text);
  if (typeof fields === 'string') throw fail(fields);
  let type: MountFlag['type'] = 'bind';
  const pairs = fields.map((field): readonly [string, string] => {
    if (field === '') throw fail('an option is empty: two commas side by side, or one at an end');
    const cut = field.indexOf('=');
    const written = (cut === -1 ? field : field.slice(0, cut)).toLowerCase();
    const name = aliases.get(written) ?? written;
    if (!options.includes(name))
      throw fail(`"${written}" is no option of a mount`, field, nearest(written, [...options, ...aliases.keys()]));
    if (cut === -1 && !bare.has(name)) throw fail(`"${written}" needs a value: ${written}=…`, field);
    const value = cut === -1 ? 'true' : field.slice(cut + 1);
    if (name === 'type') type = typeOf(value, (near) => fail(`"${value}" is no type of mount`, field, near));
    if (name === 'from' && /\$./.test(value)) throw problem('FROM_WITH_VARIABLE', { value }, { at: span });
    return [name, value];
  });
  return { type, options: pairs, span: spanOf(flag.stretch) };
}

function typeOf(value: string, fail: (near: string | undefined) => Error): MountFlag['type'] {
  const type = mountTypes.find((known) => known === value.toLowerCase());
  if (!type) throw fail(nearest(value, mountTypes));
  return type;
}

/** The place of a piece of a value, where quotes and escapes have not moved it. */
function within(span: Span, text: string, piece: string): Span {
  const at = text.indexOf(piece);
  if (at === -1 || !span.source.text.startsWith(text, span.start)) return span;
  return { ...span, start: span.start + at, end: span.start + at + piece.length };
}

/** One record of comma-separated values with quotes as RFC 4180 has them; a string is what is wrong. */
export function splitCsv(text: string): string[] | string {
  if (text === '') return 'it is empty';
  const fields: string[] = [];
  for (let at = 0; ;) {
    if (text[at] !== '"') {
      const comma = text.indexOf(',', at);
      const field = comma === -1 ? text.slice(at) : text.slice(at, comma);
      if (field.includes('"')) return 'a quote stands inside a field; quote the whole field';
      fields.push(field);
      if (comma === -1) return fields;
      at = comma + 1;
      continue;
    }
    const match = /^"((?:[^"]|"")*)"(,|$)/.exec(text.slice(at));
    if (!match) return 'a quoted field does not end with a quote';
    fields.push(match[1]!.replaceAll('""', '"'));
    if (match[2] === '') return fields;
    at += match[0].length;
  }
}
