import type { GitLocation, Transport } from './location.ts';
import type { GitOptions } from './options.ts';
import { problem } from './problems.ts';

const webOnly = ['token-env', 'password-env', 'auth', 'ca', 'cert', 'key', 'insecure-skip-tls'] as const;
const sshOnly = ['ssh-key', 'known-hosts'] as const;

/** Settings that say nothing where the repository is, or take back one another. */
export function refuseSettings({ remote, password }: GitLocation, options: GitOptions, location: string): void {
  const { transport } = remote;
  // With submodules a repository is several, and they may lie elsewhere.
  const alone = options['recurse-submodules'] !== true;
  if (alone) refuseFor(transport, ['https', 'http'], webOnly, options);
  if (alone) refuseFor(transport, ['ssh'], sshOnly, options);
  refuseFor(transport, ['https', 'http', 'ssh'], ['username'], options);
  if (options['pull-method'] !== undefined && !/^git:\/\//i.test(location))
    throw contradiction('pull-method', 'the location', 'it says how git:// is read');
  if (options['password-env'] !== undefined && options['token-env'] !== undefined)
    throw contradiction('password-env', 'token-env', 'a login has one or the other');
  if (password && (options['password-env'] ?? options['token-env']) !== undefined)
    throw contradiction('the password of the location', 'the one of the settings', 'only one can be meant');
  if (options.auth === 'bearer' && options['password-env'] !== undefined)
    throw contradiction('auth=bearer', 'password-env', 'it shows a token, and no user and password');
  if (options.auth === 'bearer' && options.username !== undefined)
    throw contradiction('auth=bearer', 'username', 'a bearer has no name');
  if (options.key !== undefined && options.cert === undefined)
    throw contradiction('key', 'no cert', 'the key is that of a certificate');
}

function refuseFor(
  transport: Transport,
  good: readonly Transport[],
  names: readonly (keyof GitOptions)[],
  options: GitOptions,
): void {
  const name = names.find((one) => options[one] !== undefined && options[one] !== false);
  if (name !== undefined && !good.includes(transport))
    throw contradiction(name, `a repository by ${transport}`, `it is for ${good.join(', ')}`);
}

const contradiction = (first: string, second: string, why: string) =>
  problem('SETTINGS_CONTRADICT', { first, second, why });
