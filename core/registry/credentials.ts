import type { AuthRequest, CredentialProvider, Credentials } from '../contract/offers.ts';
import type { World } from '../contract/world.ts';
import type { Need } from './scopes.ts';

/** Credentials with the name of who brought them. */
export interface Login {
  readonly credentials: Credentials | undefined;
  /** For people, without anything secret: `alice (docker-credentials)`, `no credentials`. */
  readonly who: string;
}

/** Asks the providers in order, once for each repository and set of actions. */
export function createLogins(providers: readonly CredentialProvider[], world: World): (need: Need) => Promise<Login> {
  const known = new Map<string, Promise<Login>>();
  return ({ registry, repository, actions }) => {
    const key = `${registry}/${repository} ${actions.join(',')}`;
    let login = known.get(key);
    if (login === undefined) {
      login = ask(providers, { registry, repository, actions }, world);
      known.set(key, login);
      login.catch(() => known.delete(key));
    }
    return login;
  };
}

async function ask(providers: readonly CredentialProvider[], request: AuthRequest, world: World): Promise<Login> {
  for (const provider of providers) {
    const credentials = await provider.credentials(request, world);
    if (credentials !== undefined) {
      const name = credentials.kind === 'basic' ? credentials.username : 'a token';
      return { credentials, who: `${name} (${provider.name})` };
    }
  }
  return { credentials: undefined, who: 'no credentials' };
}
