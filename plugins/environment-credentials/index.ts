import { definePlugin, Secret, type Credentials, type Env } from '../../core/index.ts';

/**
 * Logins in variables as kaniko's users set them: `KANIKO_REGISTRY_EXAMPLE_USER` and `KANIKO_REGISTRY_EXAMPLE_PASSWORD`
 * for `registry.example`, and for hosts below it unless they have their own.
 */
export const environmentCredentials = definePlugin(() => ({
  name: 'environment-credentials',
  credentials: [
    {
      name: 'environment-credentials',
      credentials: ({ registry }, { env }) => Promise.resolve(inVariables(registry, env)),
    },
  ],
}));

function inVariables(registry: string, env: Env): Credentials | undefined {
  const labels = hostOf(registry).split('.');
  // A single label would hand a login to all of a top-level domain; a host of one label is asked for as a whole.
  for (let from = 0; from === 0 || labels.length - from > 1; from++) {
    const stem = `KANIKO_${labels.slice(from).join('_').replaceAll('-', '_').toUpperCase()}`;
    const [username, password] = [env[`${stem}_USER`], env[`${stem}_PASSWORD`]];
    if (!username || !password) continue;
    return {
      kind: 'basic',
      username,
      password: new Secret(password),
      from: `${stem}_USER`,
      ifDenied: `Check ${stem}_USER and ${stem}_PASSWORD.`,
    };
  }
  return undefined;
}

/** Without the port, which no variable can hold. */
const hostOf = (registry: string): string => registry.replace(/:\d+$/, '');
