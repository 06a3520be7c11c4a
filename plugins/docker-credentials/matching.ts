/** Names under which Docker Hub stands in configs. */
const hub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);
/** Where docker and its helpers keep the login of Docker Hub. */
export const hubServer = 'https://index.docker.io/v1/';

export const isHub = (registry: string): boolean => hub.has(registry.toLowerCase());

/** What a key of a config is about. */
interface KeyPlace {
  readonly host: string;
  /** Without slashes around it; empty: all repositories. */
  readonly path: string;
}

/** A URL is an old login and means its host; without a scheme what follows the host is a repository (podman). */
function readKey(key: string): KeyPlace {
  const plain = key.replace(/^https?:\/\//i, '');
  const cut = plain.indexOf('/');
  const host = (cut === -1 ? plain : plain.slice(0, cut)).toLowerCase();
  if (cut === -1 || plain !== key) return { host, path: '' };
  // Docker once kept its logins under `host/v1/`.
  const path = plain.slice(cut + 1).replace(/\/+$/, '');
  return { host, path: /^v[12]$/.test(path) ? '' : path };
}

const sameHost = (one: string, other: string): boolean => one === other.toLowerCase() || (isHub(one) && isHub(other));

/** Is the key about this place, and no more nor less? */
export function means(key: string, registry: string, repository = ''): boolean {
  const { host, path } = readKey(key);
  return sameHost(host, registry) && path === repository;
}

/** The value whose key names this repository most exactly: `host/team/app` before `host/team` before `host`. */
export function longestMatch<T>(
  entries: readonly (readonly [key: string, value: T])[],
  registry: string,
  repository: string,
): { readonly key: string; readonly value: T } | undefined {
  let best: { key: string; value: T; length: number } | undefined;
  for (const [key, value] of entries) {
    const length = matchLength(key, registry, repository);
    if (length !== undefined && length > (best?.length ?? -1)) best = { key, value, length };
  }
  return best;
}

/** How much of the repository a key names; `undefined`: it is about something else. */
function matchLength(key: string, registry: string, repository: string): number | undefined {
  const { host, path } = readKey(key);
  if (!sameHost(host, registry)) return undefined;
  return path === '' || repository === path || repository.startsWith(`${path}/`) ? path.length : undefined;
}
