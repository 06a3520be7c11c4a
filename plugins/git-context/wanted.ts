import { isAbsolute } from 'node:path';
import type { ContextRequest, World } from '../../core/index.ts';
import { parseLocation, queryKeys, type GitLocation } from './location.ts';
import { readOptions, readYesNo, type GitOptions, type PullMethod } from './options.ts';
import { problem } from './problems.ts';
import { refuseSettings } from './refuse-settings.ts';

/** Which of the names of a repository: any kind, or one; absent: its default branch. */
export interface WantedRef {
  readonly kind: 'name' | 'branch' | 'tag';
  readonly name: string;
}

/** What is to be opened, from location and options together. */
export interface Wanted {
  readonly location: GitLocation;
  readonly options: GitOptions;
  readonly ref?: WantedRef;
  /** Full or the beginning of one; one of the history of `ref` where that is given too. */
  readonly commit?: string;
  /** What `ref` must be at. */
  readonly checksum?: string;
  /** Without slashes at its ends. */
  readonly subdir: string;
  readonly keepGitDir: boolean;
  /** Absent: nobody said. */
  readonly submodules?: boolean;
  readonly lfs: boolean;
  /** Times of the files: of the commit, or of the moment they were written. */
  readonly mtime: 'commit' | 'checkout';
  /** Commits of the history where `.git` is kept; 0: all. */
  readonly depth: number;
  /** `https://host/app.git#main` */
  readonly label: string;
}

/** One thing that was said, and where. */
interface Saying<T> {
  readonly place: string;
  readonly value: T;
}

export function readWanted(request: ContextRequest, { env }: World): Wanted {
  const options = readOptions(request.options);
  const parsed = parseLocation(request.location, options['pull-method'] ?? pullMethod(env['GIT_PULL_METHOD']));
  const location = withSshUser(parsed, options.username);
  refuseSettings(location, options, request.location);
  const query = readQuery(location.query);
  const refs = refsOf(location, query, options);
  const given = one(refs.names, (it) => `${it.kind} ${it.name}`);
  const commit = one(refs.commits, sameCommit);
  const checksum = one(refs.checksums, sameCommit);
  if (commit !== undefined && checksum !== undefined && !agree(commit, checksum))
    throw contradiction(['commit', 'checksum'], 'they are different commits');
  // The commit is asked for by itself, wherever the name has gone since.
  const named = fetchesByCommit(query, checksum ?? commit) ? undefined : given;
  // Alone a checksum is the commit to take; of two that agree the longer one says more.
  const taken = named
    ? commit
    : [commit, checksum].filter((it) => it !== undefined).sort((a, b) => b.length - a.length)[0];
  const subdir = readSubdir(location, query, options);
  const keepGitDir = yesNo('keep-git-dir', query, options['keep-git-dir']) ?? false;
  if (keepGitDir && subdir !== '')
    throw contradiction(['keep-git-dir', 'subdir'], '.git lies above the subdirectory, which is all that is taken');
  const submodules = yesNo('submodules', query, options['recurse-submodules']);
  return {
    location,
    options,
    ...(named && { ref: named }),
    ...(taken !== undefined && { commit: taken }),
    ...(checksum !== undefined && named && { checksum }),
    subdir,
    keepGitDir,
    ...(submodules !== undefined && { submodules }),
    lfs: options.lfs ?? false,
    mtime: (query.get('mtime') as 'commit' | 'checkout' | undefined) ?? 'commit',
    depth: options.depth ?? 1,
    label: [location.remote.url, given?.name ?? commit ?? checksum].filter(Boolean).join('#'),
  };
}

function fetchesByCommit(query: Query, commit: string | undefined): boolean {
  if (yesNo('fetch-by-commit', query, undefined) !== true) return false;
  if (commit !== undefined && isWhole(commit)) return true;
  throw contradiction(['fetch-by-commit', 'no whole commit'], 'it says to ask for the commit, and not for a name');
}

/** A user by ssh is part of the address. */
function withSshUser(location: GitLocation, username: string | undefined): GitLocation {
  const { remote, user } = location;
  if (remote.transport !== 'ssh' || username === undefined || user === username) return location;
  if (user !== undefined) throw contradiction(['the user of the location', 'username'], 'only one can be meant');
  return { ...location, user: username, remote: { ...remote, url: remote.url.replace('://', `://${username}@`) } };
}

function pullMethod(said: string | undefined): PullMethod {
  if (said === undefined || said === '') return 'https';
  if (said === 'https' || said === 'http' || said === 'git') return said;
  throw problem('SETTING_INVALID', { name: 'GIT_PULL_METHOD', value: said, expected: 'https, http or git' });
}

type Query = ReadonlyMap<string, string>;

function readQuery(pairs: GitLocation['query']): Query {
  const query = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (!(queryKeys as readonly string[]).includes(name)) throw problem('SETTING_UNKNOWN', { name });
    if (query.has(name) && query.get(name) !== value)
      throw contradiction([`${name}=${query.get(name)}`, `${name}=${value}`], 'only one can be meant');
    query.set(name, value);
  }
  const mtime = query.get('mtime');
  if (mtime !== undefined && mtime !== 'commit' && mtime !== 'checkout')
    throw problem('SETTING_INVALID', { name: 'mtime', value: mtime, expected: 'commit or checkout' });
  return query;
}

/** A whole commit is no name, wherever it stands. */
const isWhole = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);

interface Sayings {
  readonly names: readonly Saying<WantedRef>[];
  readonly commits: readonly Saying<string>[];
  readonly checksums: readonly Saying<string>[];
}

function refsOf({ fragment }: GitLocation, query: Query, options: GitOptions): Sayings {
  const given: Saying<WantedRef>[] = [
    ...saying('the "#" of the location', fragment.ref, 'name'),
    ...saying('ref= of the location', query.get('ref'), 'name'),
    ...saying('branch= of the location', query.get('branch'), 'branch'),
    ...saying('tag= of the location', query.get('tag'), 'tag'),
    ...saying('ref', options.ref, 'name'),
    ...saying('branch', options.branch, 'branch'),
    ...saying('tag', options.tag, 'tag'),
  ];
  const names = given.filter(({ value }) => value.kind !== 'name' || !isWhole(value.name));
  const commits = given.filter((it) => !names.includes(it)).map(({ place, value }) => ({ place, value: value.name }));
  // With a name BuildKit's `commit` is what the name must be at; and alone it is the commit to take.
  return {
    names,
    commits: [
      ...commits,
      ...texts('the second "#" of the location', fragment.commit),
      ...texts('commit', options.commit),
    ].map(checkCommit),
    checksums: [
      ...texts('checksum= of the location', query.get('checksum')),
      ...texts('commit= of the location', query.get('commit')),
      ...texts('checksum', options.checksum),
    ].map(checkCommit),
  };
}

const saying = (place: string, name: string | undefined, kind: WantedRef['kind']): Saying<WantedRef>[] =>
  name === undefined ? [] : [{ place, value: { kind, name } }];

const texts = (place: string, value: string | undefined): Saying<string>[] =>
  value === undefined ? [] : [{ place, value }];

function checkCommit({ place, value }: Saying<string>): Saying<string> {
  if (/^[0-9a-f]{7,64}$/i.test(value)) return { place, value: value.toLowerCase() };
  const expected = 'a commit: seven or more of its hexadecimal digits';
  throw problem('SETTING_INVALID', { name: place, value, expected });
}

const agree = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);
const sameCommit = (commit: string): string => commit;

/** What was said once, or more than once to the same end. */
function one<T>(sayings: readonly Saying<T>[], text: (value: T) => string): T | undefined {
  const [first, ...more] = sayings;
  const other = more.find(({ value }) => text(value) !== text(first!.value));
  if (other) throw contradiction([first!.place, other.place], 'only one can be meant');
  return first?.value;
}

function yesNo(name: string, query: Query, option: boolean | undefined): boolean | undefined {
  const text = query.get(name);
  if (text === undefined) return option;
  const value = readYesNo(text);
  if (value === undefined) throw problem('SETTING_INVALID', { name, value: text, expected: 'true or false' });
  if (option !== undefined && option !== value)
    throw contradiction([`${name}=${text} of the location`, `${String(option)} of the settings`], 'which is it?');
  return value;
}

function readSubdir({ fragment }: GitLocation, query: Query, options: GitOptions): string {
  const given = [
    ...texts('the part after ":" of the location', fragment.subdir),
    ...texts('subdir= of the location', query.get('subdir')),
    ...texts('subdir', options.subdir),
  ];
  const sayings = given.map(({ place, value }) => ({ place, value: value.replace(/^(?:\.?\/)+|\/+$/g, '') }));
  const subdir = one(sayings, (text) => text) ?? '';
  const parts = subdir.split('/');
  if (isAbsolute(subdir) || parts.includes('..') || subdir.includes('\0'))
    throw problem('SETTING_INVALID', { name: 'subdir', value: subdir, expected: 'a path inside the repository' });
  return parts.filter((part) => part !== '.' && part !== '').join('/');
}

const contradiction = ([first, second]: readonly [string, string], why: string) =>
  problem('SETTINGS_CONTRADICT', { first, second, why });
