/** Places where less is allowed than elsewhere: a pod's container, a namespace in which no other can be made. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debianBase } from '../../support/bases.ts';
import { cachedDirectory } from '../../support/cache.ts';
import { checkout } from '../../support/checkout.ts';
import type { StrakeWorld } from '../../support/cli.ts';
import { containersWorld, umociUnpack } from '../../support/container-tools.ts';
import { debianRelease, unpackPackages } from '../../support/debian-archive.ts';
import { run, tryRun, type RunResult } from '../../support/process.ts';
import { mountsUnder, tempDir } from '../../support/temp-dir.ts';

/** The seccomp profile that Docker and containerd give a container: no namespaces, no mounts. */
async function dockerProfile(): Promise<string> {
  const { codename } = await debianRelease();
  const name = 'golang-github-docker-docker-dev';
  const directory = await cachedDirectory(`docker-profiles-${codename}-1`, (draft) => unpackPackages([name], draft));
  return join(directory, 'usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json');
}

/** `root`: as kaniko runs; `restricted`: what Kubernetes' pod security standard of this name leaves. */
export type PodKind = 'root' | 'restricted';

const userOf: Record<PodKind, readonly string[]> = {
  root: ['--user=0'],
  restricted: ['--user=1000:1000', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
};

export interface Pod extends AsyncDisposable {
  /** Runs strake in it, in the world's own folders. */
  strake(kind: PodKind, world: StrakeWorld, args: readonly string[]): Promise<RunResult>;
}

/** A container of Debian's files in which node and the checkout are seen; nothing is ever installed in it. */
export async function openPod(): Promise<Pod> {
  await using opening = new AsyncDisposableStack();
  const directory = opening.use(await tempDir('pod'));
  const rootfs = await umociUnpack((await debianBase()).directory, directory.at('bundle'));
  // A checkout below /root is for everybody in there.
  for (let above = dirname(checkout); above !== '/'; above = dirname(above)) {
    const inside = join(rootfs, above);
    await mkdir(inside, { recursive: true });
    await run(['chmod', 'a+x', inside]);
  }
  const profile = await dockerProfile();
  const world = await containersWorld(directory.path);
  const store = ['--root', directory.at('store'), '--runroot', directory.at('run'), '--storage-driver', 'overlay'];
  opening.defer(async () => {
    for (const point of await mountsUnder(directory.path)) await run(['umount', point]);
  });
  const open = opening.move();
  return {
    strake: async (kind, { store: home, temp, work, command, environment }, args) => {
      // Whoever is in the container must be able to write there.
      for (const folder of [home, temp, work]) await run(['chmod', '-R', 'a+rwX', folder]);
      const seen = [checkout, '/usr/bin/mount', '/bin/mount'].map((path) => `--volume=${path}:${path}:ro`);
      const own = [home, temp, work].map((path) => `--volume=${path}:${path}`);
      const { PATH, STRAKE_HOME, TMPDIR } = environment();
      const env = Object.entries({ PATH, STRAKE_HOME, TMPDIR, HOME: work }).map(
        ([name, value]) => `--env=${name}=${value}`,
      );
      const flags = ['--rm', '--network=host', `--security-opt=seccomp=${profile}`, `--workdir=${work}`];
      return tryRun(
        [
          'podman',
          ...store,
          'run',
          ...flags,
          ...userOf[kind],
          ...seen,
          ...own,
          ...env,
          '--rootfs',
          rootfs,
          ...(await command(args)),
        ],
        { env: world.env },
      );
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/**
 * A user namespace in which everybody is who they are outside, and in which the kernel allows no other one. The holder
 * keeps it while its ids are given to it.
 */
const withoutNamespaces = `
unshare --user sleep 600 & holder=$!
until [ "$(readlink /proc/$holder/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
echo '0 0 4294967295' > /proc/$holder/uid_map && echo '0 0 4294967295' > /proc/$holder/gid_map
nsenter --user=/proc/$holder/ns/user --setuid 0 --setgid 0 \\
  sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"
status=$?
kill $holder
exit $status
`;

/** Runs strake as the world's user where `user.max_user_namespaces` is 0. */
export async function strakeWithoutNamespaces(world: StrakeWorld, args: readonly string[]): Promise<RunResult> {
  const argv = ['sh', '-c', withoutNamespaces, 'sh', ...(await world.command(args))];
  return tryRun(argv, { cwd: world.work, env: world.environment() });
}

/** Runs strake as the world's user on a machine that, for it alone, has no newuidmap. */
export async function strakeWithoutUidmap(world: StrakeWorld, args: readonly string[]): Promise<RunResult> {
  const hide = 'for name in uid gid; do mount --bind /dev/null /usr/bin/new${name}map || exit 1; done; exec "$@"';
  const argv = ['unshare', '--mount', 'sh', '-c', hide, 'sh', ...(await world.command(args))];
  return tryRun(argv, { cwd: world.work, env: world.environment() });
}
