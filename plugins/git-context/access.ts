import { Secret, type Env } from '../../core/index.ts';
import type { GitLocation } from './location.ts';
import type { GitOptions } from './options.ts';
import { problem } from './problems.ts';
import type { ConfigEntry } from './user-config.ts';

/** A way to show who asks, for one origin. Its secrets reach git in its environment alone. */
export interface Access {
  /** For people: `the token in GIT_TOKEN`. */
  readonly who: string;
  readonly config: readonly ConfigEntry[];
  readonly env: Readonly<Record<string, string>>;
  /** What must not be repeated when git says it. */
  readonly secrets: readonly string[];
  /** What the user said of credentials counts, and not what is configured for git. */
  readonly explicit: boolean;
}

/** Credential helpers and `.netrc`, as configured for git. */
export const configuredAccess: Access = { who: 'nobody', config: [], env: {}, secrets: [], explicit: false };

/**
 * Ways to log in, likeliest first. They are tried in turn until the server takes one. Empty where nothing is said:
 * helpers and `.netrc` know then, or nobody does.
 */
export function accessWays(location: GitLocation, options: GitOptions, origin: string, env: Env): readonly Access[] {
  const { user, password } = location;
  const web = location.remote.origin !== undefined;
  const username = options.username ?? (web ? user : undefined) ?? filled(env['GIT_USERNAME']);
  const login = (secret: Secret, who: string): Access[] => [basic(origin, username ?? 'git', secret, who)];
  if (options['password-env'] !== undefined)
    return login(variable('password-env', options['password-env'], env), `the password in ${options['password-env']}`);
  if (options['token-env'] !== undefined) {
    const secret = variable('token-env', options['token-env'], env);
    return tokenWays(secret, `the token in ${options['token-env']}`, { origin, username, auth: options.auth });
  }
  if (password) return login(password, 'the password of the location');
  const token = filled(env['GIT_TOKEN']);
  if (token !== undefined)
    return tokenWays(new Secret(token), 'the token in GIT_TOKEN', { origin, username, auth: options.auth });
  const fromEnv = filled(env['GIT_PASSWORD']);
  if (fromEnv !== undefined) return login(new Secret(fromEnv), 'the password in GIT_PASSWORD');
  if (options.auth !== undefined)
    throw problem('SETTINGS_CONTRADICT', { first: 'auth', second: 'no token-env', why: 'there is nothing to show' });
  if (username === undefined) return [];
  // A user alone may be one that a helper knows, or a token, as kaniko has it.
  const asked: Access = { ...configuredAccess, config: [[`credential.${origin}.username`, username]] };
  return web && username === user
    ? [{ ...asked, secrets: [username] }, basic(origin, username, new Secret(''), 'the token of the location')]
    : [asked];
}

interface TokenUse {
  readonly origin: string;
  readonly username: string | undefined;
  readonly auth: GitOptions['auth'];
}

/** As a password most servers take it; some want it as a bearer, some as the user. */
function tokenWays(token: Secret, who: string, { origin, username, auth }: TokenUse): Access[] {
  const name = username ?? (origin.endsWith('//bitbucket.org') ? 'x-token-auth' : 'x-access-token');
  const password = basic(origin, name, token, who);
  if (auth === 'basic') return [password];
  if (auth === 'bearer') return [bearer(origin, token, who)];
  return username === undefined
    ? [password, bearer(origin, token, who), basic(origin, token.reveal(), new Secret(''), who)]
    : [password, bearer(origin, token, who)];
}

/** Answers for one origin out of git's environment; what a server elsewhere asks it does not hear. */
const helper = `!answer() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$STRAKE_GIT_USERNAME" "$STRAKE_GIT_PASSWORD"; }; answer`;

function basic(origin: string, username: string, password: Secret, who: string): Access {
  for (const text of [username, password.reveal()])
    if (/[\n\0]/.test(text))
      throw problem('SETTING_INVALID', { name: 'a credential', value: '***', expected: 'one line' });
  const secret = password.reveal() === '' ? username : password.reveal();
  return {
    who,
    config: [
      // An empty one takes away those before it: nobody else is to learn or to keep what is shown here.
      [`credential.${origin}.helper`, ''],
      [`credential.${origin}.helper`, helper],
    ],
    env: { STRAKE_GIT_USERNAME: username, STRAKE_GIT_PASSWORD: password.reveal() },
    secrets: [secret, encodeURIComponent(secret), Buffer.from(`${username}:${password.reveal()}`).toString('base64')],
    explicit: true,
  };
}

const bearer = (origin: string, token: Secret, who: string): Access => ({
  who,
  config: [
    [`credential.${origin}.helper`, ''],
    [`http.${origin}/.extraHeader`, `Authorization: Bearer ${token.reveal()}`],
    // Git would send the header to wherever it is led.
    ['http.followRedirects', 'false'],
  ],
  env: {},
  secrets: [token.reveal()],
  explicit: true,
});

function variable(setting: string, name: string, env: Env): Secret {
  // Files that such variables are filled from end with a newline.
  const value = env[name]?.replace(/[\r\n]+$/, '');
  if (value === undefined || value === '') throw problem('VARIABLE_EMPTY', { variable: name, setting });
  return new Secret(value);
}

const filled = (text: string | undefined): string | undefined =>
  text === undefined || text.trim() === '' ? undefined : text.replace(/[\r\n]+$/, '');
