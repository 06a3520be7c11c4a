/** Debian packages that tests use, installed by the tests themselves where that is possible. */
import { access, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './cache.ts';
import { withLock } from './lock.ts';
import { describeFailure, tryRun, type RunResult } from './process.ts';

/** Package → a file it brings, by which we see that it is there. */
const packages = {
  'apache2-utils': '/usr/bin/htpasswd',
  attr: '/usr/bin/setfattr',
  buildah: '/usr/bin/buildah',
  bzip2: '/bin/bzip2',
  'busybox-static': '/bin/busybox',
  catatonit: '/usr/bin/catatonit',
  conmon: '/usr/bin/conmon',
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  crun: '/usr/bin/crun',
  curl: '/usr/bin/curl',
  'default-jdk-headless': '/usr/bin/javac',
  debootstrap: '/usr/sbin/debootstrap',
  'docker-registry': '/usr/bin/docker-registry',
  'docker.io': '/usr/sbin/dockerd',
  'etcd-server': '/usr/bin/etcd',
  git: '/usr/bin/git',
  'git-lfs': '/usr/bin/git-lfs',
  gnupg: '/usr/bin/gpg',
  'golang-docker-credential-helpers': '/usr/bin/docker-credential-pass',
  haproxy: '/usr/sbin/haproxy',
  jq: '/usr/bin/jq',
  'libcap2-bin': '/sbin/setcap',
  memcached: '/usr/bin/memcached',
  mmdebstrap: '/usr/bin/mmdebstrap',
  mount: '/bin/mount',
  netavark: '/usr/lib/podman/netavark',
  nginx: '/usr/sbin/nginx',
  openssl: '/usr/bin/openssl',
  'openssh-server': '/usr/sbin/sshd',
  pass: '/usr/bin/pass',
  podman: '/usr/bin/podman',
  proot: '/usr/bin/proot',
  'python3-jsonschema': '/usr/bin/jsonschema',
  runc: '/usr/sbin/runc',
  skopeo: '/usr/bin/skopeo',
  squid: '/usr/sbin/squid',
  strace: '/usr/bin/strace',
  'swift-account': '/usr/bin/swift-account-server',
  'swift-container': '/usr/bin/swift-container-server',
  'swift-object': '/usr/bin/swift-object-server',
  'swift-proxy': '/usr/bin/swift-proxy-server',
  uidmap: '/usr/bin/newuidmap',
  umoci: '/usr/bin/umoci',
  'xz-utils': '/usr/bin/xz',
  zstd: '/usr/bin/zstd',
} as const;

export type PackageName = keyof typeof packages;

/** Are we on Debian itself? Its relatives have other versions under the same names. */
export async function isDebian(): Promise<boolean> {
  return /^ID=debian$/m.test(await readFile('/etc/os-release', 'utf8').catch(() => ''));
}

/** May packages be installed here, and if not, why? */
export async function installRefusal(): Promise<string | undefined> {
  if (process.env['STRAKE_TEST_INSTALL'] === 'never') return 'STRAKE_TEST_INSTALL=never forbids installing it';
  if (!(await isDebian())) return 'packages are installed on Debian only';
  if (process.getuid?.() !== 0) return 'only root can install it';
  return undefined;
}

/** Those of the packages that are not on this machine. */
export async function missingPackages(names: readonly PackageName[]): Promise<PackageName[]> {
  const missing: PackageName[] = [];
  for (const name of names) if (!(await runnable(packages[name]))) missing.push(name);
  return missing;
}

/** Installs what is missing; throws with the reason where that cannot be done. */
export async function ensurePackages(names: readonly PackageName[]): Promise<void> {
  if ((await missingPackages(names)).length === 0) return;
  const refusal = await installRefusal();
  if (refusal !== undefined)
    throw new Error(`${(await missingPackages(names)).join(', ')} is not installed, and ${refusal}`);
  await withLock('/run/lock/strake-test-packages', async () => {
    const missing = await missingPackages(names);
    if (missing.length > 0) await install(missing);
  });
  const still = await missingPackages(names);
  if (still.length > 0) throw new Error(`installed ${still.join(', ')}, but ${packages[still[0]!]} is not there`);
}

async function install(names: readonly PackageName[]): Promise<void> {
  const env = { ...plainEnvironment(), DEBIAN_FRONTEND: 'noninteractive' };
  const attempt = (): Promise<RunResult> =>
    tryRun(['apt-get', 'install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...names], {
      env,
    });
  // Slim images leave the manual out, folder and all; Java's packages link into it and fail.
  await mkdir('/usr/share/man/man1', { recursive: true });
  await withoutDaemons(async () => {
    if ((await attempt()).status === 0) return;
    await tryRun(['apt-get', 'update', '-q'], { env });
    const second = await attempt();
    if (second.status !== 0) throw new Error(describeFailure(second));
  });
}

/** apt needs the machine's proxy settings, where there are some. */
function plainEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** While `action` runs, no package starts a daemon. A policy that is already there is left alone. */
async function withoutDaemons(action: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !(await exists(policy));
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await action();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

async function runnable(file: string): Promise<boolean> {
  // Debian's merge of /bin into /usr/bin leaves both names; a machine without the merge has only one of them.
  for (const candidate of [file, join('/usr', file)]) {
    const there = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return true;
  }
  return false;
}
