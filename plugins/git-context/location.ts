import { Secret } from '../../core/index.ts';
import type { PullMethod } from './options.ts';
import { problem } from './problems.ts';

export type Transport = 'https' | 'http' | 'ssh' | 'git' | 'file';

/** The address of a repository, as git is given it. */
export interface Remote {
  /** Without user and password, but for the user of ssh, who is no secret. */
  readonly url: string;
  readonly transport: Transport;
  /** Of https and http: `https://git.example:8443`. */
  readonly origin?: string;
  /** Lower case, without a port; empty for files. */
  readonly host: string;
}

/** A location taken apart. */
export interface GitLocation {
  readonly remote: Remote;
  readonly user?: string;
  readonly password?: Secret;
  /** What follows the address: BuildKit's query, in its order. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** `#ref:subdir` of BuildKit, `#ref#commit` of kaniko. */
  readonly fragment: { readonly ref?: string; readonly subdir?: string; readonly commit?: string };
}

/** Keys of BuildKit's query. */
export const queryKeys = [
  'ref',
  'branch',
  'tag',
  'commit',
  'checksum',
  'subdir',
  'keep-git-dir',
  'submodules',
  'mtime',
  'fetch-by-commit',
] as const;

const scpForm = /^([\w.-]+)@([\w.-]+):(?!\/\/)(.+)$/s;

/**
 * Is a location of `https` or `http` a repository? What ends in `.git` is, and what is followed by a ref or by keys that
 * only repositories have; a file with an ending is an archive, whatever its query says.
 */
export function isRepository(location: string): boolean {
  if (!URL.canParse(location)) return false;
  const { pathname, searchParams, hash } = new URL(location);
  if (/\.git\/?$/i.test(pathname) || hash.length > 1) return true;
  const names = [...searchParams.keys()];
  const known: readonly string[] = queryKeys;
  return names.length > 0 && names.every((name) => known.includes(name)) && !/\.\w+$|dockerfile$/i.test(pathname);
}

/** All forms of kaniko and BuildKit. `pullMethod` says what `git://` stands for. */
export function parseLocation(location: string, pullMethod: PullMethod): GitLocation {
  const [, address = location, query = '', fragment = ''] = /^([^#?]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(location) ?? [];
  const scp = scpForm.exec(address);
  const parts = { query: parseQuery(query), fragment: parseFragment(fragment, scp === null) };
  if (scp) {
    const [, user = '', host = '', path = ''] = scp;
    refuseHost(host, path, location);
    return { remote: { url: address, transport: 'ssh', host: host.toLowerCase() }, user, ...parts };
  }
  const given = /^(?:git\+)?([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase();
  const transport = (given === 'git' && !/^git\+/i.test(address) ? pullMethod : given) as Transport;
  const rest = address.replace(/^(?:git\+)?[a-z][a-z0-9+.-]*:/i, '');
  return { ...parseAddress(transport, rest), ...parts };
}

function parseAddress(
  transport: Transport,
  rest: string,
): Pick<GitLocation, 'remote'> & { user?: string; password?: Secret } {
  const [, userinfo, host = '', path = ''] = /^\/\/(?:([^@/]*)@)?([^/]*)(\/.*)?$/s.exec(rest) ?? [];
  if (transport === 'file') {
    if (userinfo !== undefined || (host !== '' && host !== 'localhost') || path === '')
      throw problem('LOCATION_INVALID', { reason: 'a repository of this machine reads file:///path/to/app.git' });
    return { remote: { url: `file://${path}`, transport, host: '' } };
  }
  if (!['https', 'http', 'ssh', 'git'].includes(transport))
    throw problem('LOCATION_INVALID', { reason: `nothing is read by "${transport}"` });
  refuseHost(host, path, `${transport}://${host}${path}`);
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(userinfo ?? '') ?? [];
  if (transport === 'ssh' && password !== undefined)
    throw problem('LOCATION_INVALID', { reason: 'ssh takes keys, and no password in the address' });
  const name = decoded(user ?? '');
  const shownUser = transport === 'ssh' && name !== '' ? `${name}@` : '';
  if (/^-|[\s\0]/.test(shownUser)) throw problem('LOCATION_INVALID', { reason: 'the user is no name' });
  return {
    remote: {
      url: `${transport}://${shownUser}${host}${path}`,
      transport,
      host: host.replace(/:\d*$/, '').toLowerCase(),
      ...((transport === 'https' || transport === 'http') && { origin: `${transport}://${host.toLowerCase()}` }),
    },
    ...(name !== '' && { user: name }),
    ...(password !== undefined && { password: new Secret(decoded(password)) }),
  };
}

/** Nothing that git, ssh or a shell would take for an option or for more than one word. */
function refuseHost(host: string, path: string, shown: string): void {
  if (host === '' || !/^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host) || host.startsWith('-'))
    throw problem('LOCATION_INVALID', { reason: 'there is no host in it' });
  if (path.replace(/^\/+/, '') === '' || path.startsWith('-'))
    throw problem('LOCATION_INVALID', { reason: 'there is no path in it' });
  if (/[\0-\x1f\x7f]/.test(shown)) throw problem('LOCATION_INVALID', { reason: 'there are control characters in it' });
}

const parseQuery = (query: string): GitLocation['query'] =>
  query === '' ? [] : [...new URLSearchParams(query)].map(([name, value]) => [name, value] as const);

function parseFragment(fragment: string, isUrl: boolean): GitLocation['fragment'] {
  if (fragment === '') return {};
  const [first = '', commit, ...more] = fragment.split('#');
  if (more.length > 0) throw problem('LOCATION_INVALID', { reason: 'there are more than two "#" in it' });
  const cut = first.indexOf(':');
  const text = isUrl ? decoded : (it: string): string => it;
  const ref = text(cut === -1 ? first : first.slice(0, cut));
  const subdir = cut === -1 ? '' : text(first.slice(cut + 1));
  return {
    ...(ref !== '' && { ref }),
    ...(subdir !== '' && { subdir }),
    ...(commit !== undefined && commit !== '' && { commit }),
  };
}

/** A stray `%` stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
