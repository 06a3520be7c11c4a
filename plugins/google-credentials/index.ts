import { BuildError, definePlugin, type Credentials, type World } from '../../core/index.ts';
import { keptLogins } from '../shared/kept-logins.ts';

/**
 * Logins for Artifact Registry and Container Registry by Google's application default credentials. No other host makes
 * it look for any.
 */
export const googleCredentials = definePlugin(() => {
  const kept = keptLogins();
  return {
    name: 'google-credentials',
    credentials: [
      {
        name: 'google-credentials',
        async credentials({ registry, actions }, world) {
          if (!isGoogles(registry)) return undefined;
          if (actions.includes('push')) return kept(world, 'push', () => login(world, true));
          return kept(world, 'pull', () => loginToPull(registry, world));
        },
      },
    ],
  };
});

/** `gcr.io`, `eu.gcr.io`, `europe-west1-docker.pkg.dev`: whole names, so that nothing that looks alike gets a token. */
const isGoogles = (registry: string): boolean =>
  /^([a-z0-9-]+\.)?gcr\.io$|^[a-z0-9-]+-docker\.pkg\.dev$/i.test(registry);

/**
 * Much of what is pulled there is public: away from Google's machines nothing is looked for over the network to pull it,
 * and a login that is not to be had is no failure.
 */
async function loginToPull(registry: string, world: World): Promise<Credentials | undefined> {
  const { isGoogleMachine } = await import('../shared/google/metadata.ts');
  try {
    return await login(world, await isGoogleMachine(world));
  } catch (error) {
    if (world.signal.aborted || !BuildError.is(error)) throw error;
    const message = `${registry} is asked without a login: ${error.message}`;
    world.report({ type: 'notice', level: 'warning', code: 'NO_GOOGLE_LOGIN', message });
    return undefined;
  }
}

async function login(world: World, machine: boolean): Promise<Credentials | undefined> {
  const { googleIdentity } = await import('../shared/google/identity.ts');
  const { platformScope } = await import('../shared/google/tokens.ts');
  const identity = await googleIdentity(world, { scope: platformScope, machine });
  if (identity === undefined) return undefined;
  const { token, expires } = await identity.fetchToken();
  return {
    kind: 'basic',
    // What Google's registries call the user of a token.
    username: 'oauth2accesstoken',
    password: token,
    from: identity.who,
    ifDenied:
      'Who asks needs the role Artifact Registry Reader to pull and Artifact Registry Writer to push, and the repository must exist.',
    expires: new Date(expires),
  };
}
