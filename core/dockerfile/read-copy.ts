import { problem } from '../base/errors.ts';
import type { FlagShape } from './flags.ts';
import type { PlacedHeredoc } from './heredoc.ts';
import { readJsonForm } from './json-form.ts';
import { flagsOf, wrongArguments, type Reading } from './statement.ts';
import { part, spanOf, splitAtGaps, wordOf } from './stretch.ts';
import type { CopyInstruction, CopySource, Word } from './syntax.ts';

const common = { chown: 'text', chmod: 'text', link: 'bool', exclude: 'list' } as const;
const shapes: Readonly<Record<'COPY' | 'ADD', Readonly<Record<string, FlagShape>>>> = {
  COPY: { from: 'text', ...common, parents: 'bool' },
  ADD: { ...common, checksum: 'text', 'keep-git-dir': 'bool', unpack: 'bool' },
};

export function readCopy(it: Reading): CopyInstruction {
  const add = it.kind === 'ADD';
  const flags = flagsOf(it, shapes[add ? 'ADD' : 'COPY']);
  const from = flags.text('from');
  // A lone `$` at the end is text.
  if (from && /\$./.test(from.text)) throw problem('FROM_WITH_VARIABLE', { value: from.text }, { at: from.span });
  const optional = {
    ...given('from', from),
    ...given('chown', flags.text('chown')),
    ...given('chmod', flags.text('chmod')),
    ...given('link', flags.bool('link')),
    ...given('parents', flags.bool('parents')),
    ...given('checksum', flags.text('checksum')),
    ...given('keepGitDir', flags.bool('keep-git-dir')),
    ...given('unpack', flags.bool('unpack')),
  };
  const excludes = flags.list('exclude').map(({ value }) => value!);
  return { kind: add ? 'add' : 'copy', ...it.node, ...readPaths(it), ...optional, excludes };
}

const given = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: V });

function readPaths(it: Reading): { readonly sources: readonly CopySource[]; readonly destination: Word } {
  const words: CopySource[] =
    readJsonForm(it.args, it.kind)?.map((word) => ({ kind: 'path', word })) ?? splitAround(it, it.heredocs);
  const last = words.pop();
  if (!last || words.length === 0) throw wrongArguments(it, 'at least one source, and the destination last');
  if (last.kind === 'heredoc')
    throw problem('HEREDOC_AS_DESTINATION', { keyword: it.kind }, { at: spanOf(it.heredocs.at(-1)!.marker.stretch) });
  return { sources: words, destination: last.word };
}

/** Blank-separated words, with each heredoc marker (which may hold blanks) standing for its body. */
function splitAround(it: Reading, heredocs: readonly PlacedHeredoc[]): CopySource[] {
  const words: CopySource[] = [];
  let at = it.args.start;
  const upTo = (end: number): void => {
    for (const stretch of splitAtGaps(part(it.args, at, end))) words.push({ kind: 'path', word: wordOf(stretch) });
  };
  for (const { marker, heredoc } of heredocs) {
    upTo(marker.stretch.start);
    words.push({ kind: 'heredoc', heredoc });
    at = marker.stretch.end;
  }
  upTo(it.args.end);
  return words;
}
