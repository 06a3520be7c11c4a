/** OpenSSH's own server, which lets git's programs be run with one key and nothing else. Needs root. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages } from '../packages.ts';
import { run } from '../process.ts';
import { startInetd, type InetdServer } from './inetd.ts';

export interface GitSshServer extends InetdServer {
  /** `ssh://root@127.0.0.1:PORT` */
  readonly url: string;
  /** The private key that is let in. */
  readonly key: string;
  /** One that is not. */
  readonly otherKey: string;
  /** Names the server's own key. */
  readonly knownHosts: string;
  /** Names another key for the server. */
  readonly wrongHosts: string;
}

/** `folder` is to be empty and goes away with the test. */
export async function startGitSsh(folder: string): Promise<GitSshServer> {
  await ensurePackages(['git', 'openssh-server']);
  await mkdir('/run/sshd', { recursive: true });
  const at = (name: string): string => join(folder, name);
  for (const name of ['host', 'user', 'other'])
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)]);
  const read = async (name: string): Promise<string> => (await run(['cat', at(name)])).stdout;
  await writeFile(at('authorized_keys'), await read('user.pub'));
  const config = [
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
    'LogLevel ERROR',
    // Only git's programs: what else is asked for is refused.
    'ForceCommand git-shell -c "$SSH_ORIGINAL_COMMAND"',
  ];
  await writeFile(at('sshd_config'), `${config.join('\n')}\n`);
  const server = await startInetd(['/usr/sbin/sshd', '-i', '-e', '-f', at('sshd_config')]);
  const host = `[127.0.0.1]:${server.port}`;
  await writeFile(at('known_hosts'), `${host} ${await read('host.pub')}`);
  await writeFile(at('wrong_hosts'), `${host} ${await read('other.pub')}`);
  return {
    ...server,
    url: `ssh://root@127.0.0.1:${server.port}`,
    key: at('user'),
    otherKey: at('other'),
    knownHosts: at('known_hosts'),
    wrongHosts: at('wrong_hosts'),
  };
}
