/** A Debian without anything but Node and npm, and a clean clone of this repository. */
import { cp, mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianBase } from '../../support/bases.ts';
import { cacheRoot } from '../../support/cache.ts';
import { checkout } from '../../support/checkout.ts';
import { umociUnpack } from '../../support/container-tools.ts';
import { cleanEnv, run, tryRun, type RunResult } from '../../support/process.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** How this machine reaches the npm registry; with what else it has set, nobody starts. */
const carried = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const certificates = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];

const given = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** What npm needs of this machine's settings; packages come from a folder of earlier runs where they can. */
export const npmEnvironment = (cache: string): Record<string, string> => ({
  ...given([...carried, ...certificates]),
  npm_config_cache: cache,
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false',
});

/** Where npm keeps what it has fetched for these tests. */
export async function npmCache(): Promise<string> {
  const cache = join(cacheRoot, 'npm');
  await mkdir(cache, { recursive: true });
  return cache;
}

/** Clones what is committed. */
export async function cloneInto(directory: string): Promise<void> {
  await run(['git', '-c', 'safe.directory=*', 'clone', '--quiet', '--no-hardlinks', checkout, directory]);
}

export interface FreshMachine extends AsyncDisposable {
  /** The clone as the machine sees it is `/root/strake`. */
  readonly clone: string;
  readonly root: string;
  /** Runs a line of shell in the clone, as root; whatever it starts ends with it. */
  shell(line: string, env?: Readonly<Record<string, string>>): Promise<RunResult>;
}

const enter = `
mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount --rbind /sys "$1/sys" &&
mount -t tmpfs -o mode=1777 tmp "$1/tmp" && mount --bind "$2" "$1/root/.npm" || exit 1
exec chroot "$1" sh -c 'cd /root/strake && eval "$1"' sh "$3"
`;

export async function openFreshMachine(): Promise<FreshMachine> {
  await using opening = new AsyncDisposableStack();
  const directory = opening.use(await tempDir('fresh'));
  const root = await umociUnpack((await debianBase()).directory, directory.at('bundle'));
  await installNode(root);
  for (const file of ['/etc/resolv.conf', ...Object.values(given(certificates))]) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await cp(await realpath(file), join(root, file));
  }
  await mkdir(join(root, 'root/.npm'));
  const clone = join(root, 'root/strake');
  await cloneInto(clone);
  const cache = await npmCache();
  const open = opening.move();
  return {
    root,
    clone,
    shell: (line, env = {}) =>
      tryRun(['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enter, 'sh', root, cache, line], {
        env: cleanEnv({ HOME: '/root', ...npmEnvironment('/root/.npm'), ...env }),
        timeout: 900_000,
      }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** This machine's own Node and npm, whatever they are. */
async function installNode(root: string): Promise<void> {
  const where = async (name: string): Promise<string> => (await run(['sh', '-c', `command -v ${name}`])).stdout.trim();
  await cp(await realpath(await where('node')), join(root, 'usr/bin/node'));
  const npm = dirname(dirname(await realpath(await where('npm'))));
  await cp(npm, join(root, 'usr/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/bin', name));
}
