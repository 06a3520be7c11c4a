import type { AuthRequest, CredentialProvider, Credentials } from '../contract/offers.ts';
import type { World } from '../contract/world.ts';
import type { Need } from './scopes.ts';

/** Credentials with the name of who brought them. */
export interface Login {
  readonly credentials: Credentials | undefined;
  /** For people, without anything secret: `alice (docker-credentials, /root/.docker/config.json)`, `no credentials`. */
  readonly who: string;
}

/** Milliseconds before their end at which credentials are no longer handed out. */
const margin = 60_000;

/** Asks the providers in order, once for each repository and set of actions as long as what they gave is good. */
export function createLogins(providers: readonly CredentialProvider[], world: World): (need: Need) => Promise<Login> {
  const known = new Map<string, Promise<Login>>();
  return async ({ registry, repository, actions }) => {
    const key = `${registry}/${repository} ${actions.join(',')}`;
    const earlier = known.get(key);
    if (earlier !== undefined && !ends(await earlier, world)) return earlier;
    // Somebody else may have asked again meanwhile.
    const other = known.get(key);
    if (other !== undefined && other !== earlier) return other;
    const login = ask(providers, { registry, repository, actions }, world);
    known.set(key, login);
    login.catch(() => known.delete(key));
    return login;
  };
}

const ends = ({ credentials }: Login, world: World): boolean =>
  credentials?.expires !== undefined && credentials.expires.getTime() - margin < world.now().getTime();

async function ask(providers: readonly CredentialProvider[], request: AuthRequest, world: World): Promise<Login> {
  for (const provider of providers) {
    const credentials = await provider.credentials(request, world);
    if (credentials !== undefined) return { credentials, who: nameOf(credentials, provider.name) };
  }
  return { credentials: undefined, who: 'no credentials' };
}

/** `alice (docker-credentials, docker-credential-pass)` */
function nameOf(credentials: Credentials, provider: string): string {
  const name = credentials.kind === 'basic' ? credentials.username : 'a token';
  return `${name} (${[provider, credentials.from].filter((part) => part !== undefined).join(', ')})`;
}
