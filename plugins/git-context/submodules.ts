import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from '../../core/index.ts';
import type { Bench } from './bench.ts';
import { checkOut, entryAt } from './check-out.ts';
import { fetchCommit } from './fetch.ts';
import { openLocal, runLocal, type LocalRepository } from './local-repository.ts';
import { parseLocation, type Remote } from './location.ts';
import { problem } from './problems.ts';
import { otherServer } from './server.ts';
import { resolveUrl } from './submodule-url.ts';
import type { Wanted } from './wanted.ts';

/** Where things of one context lie. */
export interface Places {
  /** The files of the context. */
  readonly files: string;
  /** Repositories of submodules, by their addresses. */
  readonly modules: string;
  /** Those of an earlier build. */
  readonly earlier?: string;
}

interface Submodule {
  readonly path: string;
  readonly url: string;
}

interface Parent {
  readonly local: LocalRepository;
  readonly commit: string;
  /** Where its files are: below those of the context. */
  readonly at: string;
  /** Submodules around it. */
  readonly depth: number;
}

const deepest = 8;

/** What `.gitmodules` of the commit names; empty where there is none. */
export async function listSubmodules(bench: Bench, local: LocalRepository, commit: string): Promise<Submodule[]> {
  const file = await entryAt(bench, local, commit, '.gitmodules');
  if (!file?.mode.startsWith('100')) return [];
  const { stdout } = await runLocal(bench, local, ['config', '--blob', file.object, '--no-includes', '--list', '-z']);
  const known = new Map<string, Record<string, string>>();
  for (const line of stdout.split('\0')) {
    const [, name, key, value] = /^submodule\.(.*)\.(path|url|update)\n(.*)$/s.exec(line) ?? [];
    if (name === undefined || key === undefined) continue;
    known.set(name, { ...known.get(name), [key]: value ?? '' });
  }
  return [...known.values()].flatMap(({ path, url, update }) =>
    path === undefined || url === undefined || update === 'none' ? [] : [{ path: path.replace(/\/+$/, ''), url }],
  );
}

/** Brings in the submodules of a commit and theirs, each at the commit that its parent names. */
export async function addSubmodules(bench: Bench, wanted: Wanted, parent: Parent, places: Places): Promise<void> {
  for (const submodule of await listSubmodules(bench, parent.local, parent.commit)) {
    const inside = join(parent.at, submodule.path);
    if (!isWanted(wanted.subdir, inside)) continue;
    const entry = await entryAt(bench, parent.local, parent.commit, submodule.path);
    // What is named without being there was taken out of the repository.
    if (entry?.mode !== '160000') continue;
    await addSubmodule(bench, wanted, { parent, submodule, commit: entry.object, inside, places });
  }
}

interface Adding {
  readonly parent: Parent;
  readonly submodule: Submodule;
  readonly commit: string;
  readonly inside: string;
  readonly places: Places;
}

async function addSubmodule(bench: Bench, wanted: Wanted, adding: Adding): Promise<void> {
  const { parent, submodule, commit, inside, places } = adding;
  const refused = (reason: string, cause?: unknown) =>
    problem('SUBMODULE_REFUSED', { url: parent.local.server.remote.url, path: inside, reason }, {}, { cause });
  if (parent.depth >= deepest) throw refused(`more than ${deepest} submodules lie in one another`);
  const files = directoryAt(places.files, inside);
  if (files === undefined) throw refused('its place is no directory of the repository');
  const remote = remoteOf(submodule.url, parent.local.server.remote, refused);
  const name = createHash('sha256').update(remote.url).digest('hex').slice(0, 32);
  const local = await openLocal(otherServer(remote, wanted, bench), {
    gitDir: join(places.modules, name),
    commit,
    ...(places.earlier !== undefined && { earlier: join(places.earlier, name) }),
  });
  await fetchCommit(bench, local, { commit, object: commit, depth: 1, partial: false });
  await checkOut(bench, local, { commit, files, only: '', lfs: wanted.lfs });
  await addSubmodules(bench, wanted, { local, commit, at: inside, depth: parent.depth + 1 }, places);
}

/** Around the part that is taken, or in it. */
const isWanted = (subdir: string, path: string): boolean =>
  subdir === '' || path === subdir || path.startsWith(`${subdir}/`) || subdir.startsWith(`${path}/`);

/** The directory that git made for the submodule, reached through no link. */
function directoryAt(root: string, path: string): string | undefined {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /^\.git$/i.test(part))) return undefined;
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    if (!lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  }
  return at;
}

type Refuse = (reason: string, cause?: unknown) => BuildError;

/** A repository must not reach into this machine, nor have programs run. */
function remoteOf(url: string, parent: Remote, refused: Refuse): Remote {
  const resolved = resolveUrl(url, parent.url);
  if (!/^(?:https?|ssh|git|git\+ssh):\/\/|^[\w.-]+@[\w.-]+:(?!:)/i.test(resolved))
    throw refused('its address is none of https, http, ssh and git');
  try {
    const location = parseLocation(resolved, 'git');
    if (location.query.length > 0 || Object.keys(location.fragment).length > 0 || location.password)
      throw refused('its address holds more than a place');
    return location.remote;
  } catch (error) {
    throw BuildError.is(error) && error.code.endsWith('LOCATION_INVALID')
      ? refused('its address is not valid', error)
      : error;
  }
}
