/** Names under which Docker Hub stands in configs. */
const hub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);
/** Where docker and its helpers keep the login of Docker Hub. */
export const hubServer = 'https://index.docker.io/v1/';

export const isHub = (registry: string): boolean => hub.has(registry);

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
  // Old logins are kept under URLs: https://index.docker.io/v1/, https://host/v2/.
  const plain = key
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  const cut = plain.indexOf('/');
  const host = cut === -1 ? plain : plain.slice(0, cut);
  const path = cut === -1 ? '' : plain.slice(cut + 1);
  if (host.toLowerCase() !== registry.toLowerCase() && !(isHub(host) && isHub(registry))) return undefined;
  if (path === '' || repository === path || repository.startsWith(`${path}/`)) return path.length;
  return undefined;
}
