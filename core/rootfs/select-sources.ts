import type { Bytes, ImagePath } from '../base/brand.ts';
import { fromUtf8, toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { childOf, nameOf, parentOf, rootPath } from '../base/image-path.ts';
import { nearest } from '../base/suggest.ts';
import type { Entry } from '../archive/entry.ts';
import type { CopyAction, CopyPattern } from '../contract/model.ts';
import { compileGlob, type GlobComponent } from '../dockerfile/glob.ts';
import { inlinePath, inlineTree } from './inline-tree.ts';
import type { SourceTree } from './source-tree.ts';

/** One thing that a COPY or ADD names or whose name a pattern of it matches. */
export interface SelectedItem {
  readonly from: SourceTree;
  /** Where it is, links followed. */
  readonly path: ImagePath;
  /** What it is called in a directory it is copied into: the name given, not that of the file a link leads to. */
  readonly name: Bytes;
  readonly entry: Entry;
  /** What selected it; absent for inline files. */
  readonly pattern?: CopyPattern;
}

/** What a COPY or ADD reads, in the order in which it is copied. Nothing below a directory was looked at. */
export interface Selection {
  readonly items: readonly SelectedItem[];
}

/**
 * Finds the sources of a COPY or ADD as BuildKit does (moby/buildkit solver/llbsolver/file, tonistiigi/fsutil copy):
 * patterns match names of the tree without following links, what was found is followed, a pattern without wildcards
 * must be there, and one with may match nothing.
 */
export function select(action: CopyAction, from: SourceTree): Selection {
  const named = action.sources.flatMap((pattern) => itemsOf(pattern, from));
  const inline = action.inline.map((file): SelectedItem => {
    const tree = inlineTree(file);
    const path = inlinePath(file);
    return { from: tree, path, name: nameOf(path), entry: tree.lookup(path)! };
  });
  return { items: [...named, ...inline] };
}

function itemsOf(pattern: CopyPattern, from: SourceTree): SelectedItem[] {
  const { literal, components } = compileGlob(pattern.pattern, pattern.at);
  const firstWild = literal ? components.length : components.findIndex((component) => component.literal === undefined);
  const fixed = `/${components
    .slice(0, firstWild)
    .map((component) => component.literal!)
    .join('/')}` as ImagePath;
  if (literal) return [followed(pattern, fixed, from)];
  const start = from.resolve(fixed);
  if (!start.entry) throw missing(pattern, fixed, from);
  return [...matches(from, start.path, components.slice(firstWild))].map((path) => followed(pattern, path, from));
}

/** In the order of Go's filepath.Walk: byte order of names, directory by directory. */
function* matches(from: SourceTree, directory: ImagePath, components: readonly GlobComponent[]): Iterable<ImagePath> {
  const [first, ...rest] = components;
  for (const entry of from.children(directory)) {
    if (!first!.matches(nameOf(entry.path))) continue;
    if (rest.length === 0) yield entry.path;
    else yield* matches(from, entry.path, rest);
  }
}

function followed(pattern: CopyPattern, path: ImagePath, from: SourceTree): SelectedItem {
  const { path: at, entry } = from.resolve(path);
  if (!entry) throw missing(pattern, path, from);
  return { from, path: at, name: nameOf(path), entry, pattern };
}

function missing(pattern: CopyPattern, path: ImagePath, from: SourceTree) {
  const ignoredBy = from.ignoredBy?.(path);
  const leadsTo = ignoredBy === undefined ? linkTarget(path, from) : undefined;
  const near = ignoredBy === undefined && leadsTo === undefined ? nearestPath(path, from) : undefined;
  return problem(
    'COPY_SOURCE_MISSING',
    {
      source: toUtf8(pattern.pattern),
      where: from.label,
      ...(ignoredBy !== undefined && { ignoredBy }),
      ...(leadsTo !== undefined && { leadsTo }),
      ...(/^["']?\.\.\//.test(pattern.at.source.text.slice(pattern.at.start)) && { upwards: true }),
      ...(near !== undefined && { nearest: near }),
    },
    { at: pattern.at },
  );
}

function linkTarget(path: ImagePath, from: SourceTree): string | undefined {
  const entry = from.lookup(path);
  return entry?.type === 'symlink' ? toUtf8(entry.target) : undefined;
}

/** The path with its first missing component spelt like one that is there. */
function nearestPath(path: ImagePath, from: SourceTree): string | undefined {
  let above = path;
  let wrong = path;
  do {
    wrong = above;
    above = parentOf(above);
  } while (above !== rootPath && !from.resolve(above).entry);
  const directory = from.resolve(above).path;
  const names = [...from.children(directory)].map((entry) => toUtf8(nameOf(entry.path)));
  const near = nearest(toUtf8(nameOf(wrong)), names);
  if (near === undefined) return undefined;
  return toUtf8(childOf(above, fromUtf8(near)).slice(1) + path.slice(wrong.length));
}
