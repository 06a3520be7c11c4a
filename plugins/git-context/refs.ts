import { nearest } from '../../core/index.ts';
import type { Bench } from './bench.ts';
import { problem } from './problems.ts';
import { callServer, type Server } from './server.ts';
import type { WantedRef } from './wanted.ts';

/** A name of a repository and what stands there. */
export interface FoundRef {
  /** `refs/heads/main` */
  readonly name: string;
  /** What the name holds: a commit, or an annotated tag. */
  readonly object: string;
  /** What the tag is of; the object itself otherwise. */
  readonly commit: string;
}

type Listing = ReadonlyMap<string, string>;

/** Asks the server what a name (absent: its default branch) is at. */
export async function findRef(bench: Bench, server: Server, wanted: WantedRef | undefined): Promise<FoundRef> {
  if (!wanted) return findDefault(bench, server);
  refuseName(wanted.name);
  const candidates = candidatesOf(wanted);
  const { refs } = await list(bench, server, [...candidates, ...candidates.map((name) => `${name}^{}`)]);
  const name = candidates.find((candidate) => refs.has(candidate));
  if (name === undefined) throw await missing(bench, server, wanted);
  return found(name, refs);
}

/** As git's checkout: the name itself, then a branch, then a tag. */
function candidatesOf({ kind, name }: WantedRef): string[] {
  if (kind === 'branch') return [`refs/heads/${name.replace(/^refs\/heads\//, '')}`];
  if (kind === 'tag') return [`refs/tags/${name.replace(/^refs\/tags\//, '')}`];
  if (name.startsWith('refs/')) return [name];
  return [...(name === 'HEAD' ? ['HEAD'] : []), `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`];
}

const found = (name: string, refs: Listing): FoundRef => ({
  name,
  object: refs.get(name)!,
  commit: refs.get(`${name}^{}`) ?? refs.get(name)!,
});

async function findDefault(bench: Bench, server: Server): Promise<FoundRef> {
  const { refs, head } = await list(bench, server, ['HEAD']);
  const commit = refs.get('HEAD');
  if (commit === undefined) throw problem('REPOSITORY_EMPTY', { url: server.remote.url });
  return { name: head ?? 'HEAD', object: commit, commit };
}

/** What git takes for a name; above all nothing that reads as an option or as a pattern. */
function refuseName(name: string): void {
  const bad = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|^[-/.]|\/$|\/\/|\/\.|\.$|\.lock(?:\/|$)/;
  if (bad.test(name) || name === '@') throw problem('REF_INVALID', { name });
}

async function list(
  bench: Bench,
  server: Server,
  patterns: readonly string[],
): Promise<{ refs: Listing; head?: string }> {
  const { stdout } = await callServer(bench, server, {
    args: ['ls-remote', '--symref', '--', 'origin', ...patterns],
    outputLimit: 16 << 20,
  });
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of stdout.split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (/^[0-9a-f]{40,64}$/.test(value)) refs.set(name, value);
    else if (name === 'HEAD' && value.startsWith('ref: ')) head = value.slice(5);
  }
  return { refs, ...(head !== undefined && { head }) };
}

const kinds = { name: 'branch, tag or ref', branch: 'branch', tag: 'tag' } as const;

/** Says what there is instead. */
async function missing(bench: Bench, server: Server, { kind, name }: WantedRef): Promise<Error> {
  const { refs } = await list(bench, server, []);
  const named = (folder: string): string[] =>
    [...refs.keys()]
      .filter((ref) => ref.startsWith(folder) && !ref.endsWith('^{}'))
      .map((ref) => ref.slice(folder.length));
  const [branches, tags] = [named('refs/heads/'), named('refs/tags/')];
  const short = name.replace(/^refs\/(?:heads|tags)\//, '');
  const other =
    kind === 'branch' && tags.includes(short)
      ? `"${short}" is a tag: --git tag=${short}`
      : kind === 'tag' && branches.includes(short)
        ? `"${short}" is a branch: --git branch=${short}`
        : undefined;
  const known = kind === 'branch' ? branches : kind === 'tag' ? tags : [...branches, ...tags];
  const near = nearest(short, known);
  return problem('REF_MISSING', {
    url: server.remote.url,
    kind: kinds[kind],
    name,
    ...(near !== undefined && { near }),
    ...(other !== undefined && { other }),
  });
}
