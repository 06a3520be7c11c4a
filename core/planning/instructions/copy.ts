import { fromUtf8, toBuffer } from '../../base/bytes.ts';
import type { ImagePath } from '../../base/brand.ts';
import { digestOf } from '../../base/digest.ts';
import { problem } from '../../base/errors.ts';
import { normalise, resolvePath } from '../../base/image-path.ts';
import type { Span } from '../../base/source-text.ts';
import type { CopyAction, CopyPattern, InlineFile } from '../../contract/model.ts';
import { compileGlob, parseChmod, parseOwner, type CopyInstruction, type Word } from '../../dockerfile/index.ts';
import type { Pairs } from '../../oci/image.ts';
import { expand, expandBody, expandTitle } from '../expand.ts';
import { isGitUrl, isWebUrl } from '../remote-source.ts';
import { addStep, placeIn, workdirOf, type StageDraft } from '../stage-draft.ts';
import { unixPath } from '../system-path.ts';

/** COPY and ADD: everything expanded and checked that can be without looking at a file. */
export function planCopy(draft: StageDraft, it: CopyInstruction): void {
  refuse(draft, it);
  const { os } = draft.platform;
  const written: { readonly text: string; readonly at: Span }[] = [];
  const inline: InlineFile[] = [];
  for (const source of it.sources) {
    if (source.kind === 'path') written.push({ text: expand(draft, it, source.word), at: source.word.span });
    else
      inline.push({
        name: fromUtf8(source.heredoc.name),
        content: toBuffer(fromUtf8(expandBody(draft, it, source.heredoc))),
      });
  }
  for (const source of written) refuseRemote(draft, it, source.text, source.at);
  const destination = expand(draft, it, it.destination);
  const to = unixPath(destination, os);
  const flags = readFlags(draft, it);
  const action: CopyAction = {
    origin: draft.origins.get(it)!,
    sources: written.map(({ text, at }) => patternOf(unixPath(text, os), placeIn(draft, at))),
    inline,
    destination: fromUtf8(resolvePath(unixPath(workdirOf(draft), os) as ImagePath, to)) as string as ImagePath,
    // BuildKit reads `.` and nothing at all as the directory that is there.
    intoDirectory: /(?:^|\/)\.?$/.test(to) || it.sources.length > 1,
    ...flags,
    // As BuildKit does: with a mode it is an ordinary copy, which follows links in the destination.
    link: (it.link ?? false) && flags.mode === undefined,
    unpack: it.kind === 'add' && (it.unpack ?? true),
  };
  const shown = [
    it.kind.toUpperCase(),
    ...(flags.owner === undefined ? [] : [`--chown=${flags.owner}`]),
    ...(flags.mode === undefined ? [] : [`--chmod=${flags.mode}`]),
    ...written.map(({ text }) => text),
    ...inline.map(({ name }) => `<<${name}`),
    destination,
  ];
  addStep(draft, it, {
    action: { kind: 'copy', ...action },
    createdBy: `${shown.join(' ')} # buildkit`,
    asked: asked(it, action),
    title: draft.titles.counted(expandTitle(draft, it), draft.trigger),
  });
}

/** Below the origin's root whatever the text says; the root itself is the empty pattern. */
function patternOf(text: string, at: Span): CopyPattern {
  const pattern = fromUtf8(normalise(text).slice(1));
  // For what it refuses: better now than after an hour of building.
  compileGlob(pattern, at);
  return { pattern, at };
}

function readFlags(draft: StageDraft, it: CopyInstruction): { readonly owner?: string; readonly mode?: string } {
  const given = (word: Word | undefined): string | undefined => (word ? expand(draft, it, word) : undefined);
  // An empty value is as good as no flag: `--chown=$OWNER` may mean nobody in particular.
  const owner = given(it.chown) || undefined;
  const mode = given(it.chmod) || undefined;
  if (owner !== undefined) parseOwner(owner, placeIn(draft, it.chown!.span));
  if (mode !== undefined) parseChmod(mode, placeIn(draft, it.chmod!.span));
  return { ...(owner !== undefined && { owner }), ...(mode !== undefined && { mode }) };
}

/** Whose files they are (0:0 from a context) follows from the kind of the origin; which they are is told apart. */
const asked = (it: CopyInstruction, action: CopyAction): Pairs => [
  ['instruction', it.kind.toUpperCase()],
  ['from', action.origin.kind],
  ['sources', JSON.stringify(action.sources.map(({ pattern }) => pattern))],
  ...action.inline.map(({ name, content }, at) => [`inline ${at}`, `${name} ${digestOf(content)}`] as const),
  ['destination', action.destination],
  ['into directory', String(action.intoDirectory)],
  ['owner', action.owner ?? ''],
  ['mode', action.mode ?? ''],
  ['link', String(action.link)],
  ['unpack', String(action.unpack)],
];

function refuse(draft: StageDraft, it: CopyInstruction): void {
  const keyword = it.kind.toUpperCase();
  const what: readonly [string, Span] | undefined = it.parents
    ? [`${keyword} --parents`, it.span]
    : it.excludes[0]
      ? [`${keyword} --exclude`, it.excludes[0].span]
      : it.checksum
        ? [`${keyword} --checksum`, it.checksum.span]
        : it.keepGitDir !== undefined
          ? [`${keyword} --keep-git-dir`, it.span]
          : undefined;
  if (what) throw problem('NOT_YET_SUPPORTED', { what: what[0] }, { at: placeIn(draft, what[1]) });
}

function refuseRemote(draft: StageDraft, it: CopyInstruction, text: string, at: Span): void {
  const git = isGitUrl(text);
  if (!git && !isWebUrl(text)) return;
  const where = { at: placeIn(draft, at) };
  if (it.kind === 'copy') throw problem('COPY_SOURCE_REMOTE', { source: text }, where);
  throw problem('NOT_YET_SUPPORTED', { what: git ? 'ADD of a git repository' : 'ADD of a URL' }, where);
}
