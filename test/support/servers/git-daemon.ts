/** Git's own daemon: `git://127.0.0.1:PORT/app.git`. */
import { ensurePackages } from '../packages.ts';
import { startInetd, type InetdServer } from './inetd.ts';

export async function startGitDaemon(root: string): Promise<InetdServer> {
  await ensurePackages(['git']);
  return startInetd(['git', 'daemon', '--inetd', '--export-all', `--base-path=${root}`, root], {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  });
}
