import type { Env } from '../../core/index.ts';
import type { GitOptions } from './options.ts';
import type { ConfigEntry } from './user-config.ts';

/** How git starts ssh: as the user set it up, never with a question, with the key and the hosts that were named. */
export function sshCommand(options: GitOptions, withKey: boolean, env: Env, config: readonly ConfigEntry[]): string {
  const configured = config.findLast(([key]) => key.toLowerCase() === 'core.sshcommand')?.[1];
  const plain = env['GIT_SSH'] === undefined || env['GIT_SSH'] === '' ? undefined : quoted(env['GIT_SSH']);
  const program = env['GIT_SSH_COMMAND'] || configured || plain || 'ssh';
  const { 'ssh-key': key, 'known-hosts': hosts } = options;
  const words = ['-o', 'BatchMode=yes', '-o', 'ServerAliveInterval=15'];
  if (key !== undefined && withKey) words.push('-i', quoted(key), '-o', 'IdentitiesOnly=yes');
  if (hosts !== undefined) words.push('-o', quoted(`UserKnownHostsFile="${hosts}"`), '-o', 'StrictHostKeyChecking=yes');
  return [program, ...words].join(' ');
}

/** For the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
