/** A Debian without anything but Node and npm, and a clean clone of this repository. */
import { cp, mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { debianBase } from '../../support/bases.ts';
import { cacheRoot } from '../../support/cache.ts';
import { checkout } from '../../support/checkout.ts';
import { containersWorld, umociUnpack } from '../../support/container-tools.ts';
import { certificates, given, npmFolder, reachingNpm } from '../../support/npm.ts';
import { cleanEnv, run, tryRun, type RunResult } from '../../support/process.ts';
import { mountsUnder, tempDir } from '../../support/temp-dir.ts';

/** What npm needs of this machine's settings; packages come from a folder of earlier runs where they can. */
export const npmEnvironment = (cache: string): Record<string, string> => ({
  ...reachingNpm(),
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

export async function openFreshMachine(): Promise<FreshMachine> {
  await using opening = new AsyncDisposableStack();
  const directory = opening.use(await tempDir('fresh'));
  const root = await umociUnpack((await debianBase()).directory, directory.at('bundle'));
  await installNode(root);
  await cp(await realpath('/etc/resolv.conf'), join(root, 'etc/resolv.conf'));
  const trusted = await bringCertificates(root);
  const clone = join(root, 'root/strake');
  await cloneInto(clone);
  const cache = await npmCache();
  const world = await containersWorld(directory.path);
  const store = ['--root', directory.at('store'), '--runroot', directory.at('run'), '--storage-driver', 'overlay'];
  opening.defer(async () => {
    for (const point of await mountsUnder(directory.path)) await run(['umount', point]);
  });
  // A chroot will not do: nothing can be mounted where the root is no mount.
  const flags = ['--rm', '--privileged', '--network=host', '--workdir=/root/strake', `--volume=${cache}:/root/.npm`];
  const open = opening.move();
  return {
    root,
    clone,
    async shell(line, env = {}) {
      const all = { ...cleanEnv({ HOME: '/root' }), ...npmEnvironment('/root/.npm'), ...trusted, ...env };
      const set = Object.entries(all).map(([name, value]) => `--env=${name}=${value}`);
      const limit = ['--timeout=900', ...flags, ...set, '--rootfs', root];
      return tryRun(['podman', ...store, 'run', ...limit, 'sh', '-c', line], { env: world.env, timeout: 1_000_000 });
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** What this machine trusts, where packages that are installed there do not write it anew; and the variables that say so. */
async function bringCertificates(root: string): Promise<Record<string, string>> {
  const folder = '/etc/certificates-of-the-outer-machine';
  await mkdir(join(root, folder));
  const variables = Object.entries(given(certificates)).map(async ([name, file]) => {
    await cp(await realpath(file), join(root, folder, name));
    return [name, join(folder, name)] as const;
  });
  return Object.fromEntries(await Promise.all(variables));
}

/** This machine's own Node and npm, whatever they are. */
async function installNode(root: string): Promise<void> {
  const node = (await run(['sh', '-c', 'command -v node'])).stdout.trim();
  await cp(await realpath(node), join(root, 'usr/bin/node'));
  await cp(await npmFolder(), join(root, 'usr/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/bin', name));
}
