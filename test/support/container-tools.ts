/** Debian's container tools, each in a small world of its own: no state, no configuration of the machine. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages } from './packages.ts';
import { cleanEnv, run, tryRun, type RunResult } from './process.ts';
import { mountsUnder, tempDir } from './temp-dir.ts';

/** The files that containers/image and containers/common read, so that nothing of the machine's is read. */
export interface ContainersWorld {
  readonly env: Record<string, string>;
  readonly policyFile: string;
}

const containersConf = `[containers]
# The hard limits of a machine may lie below the defaults, and raising them may be forbidden.
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
# crun of Debian 12 refuses hybrid cgroups.
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

/** Writes the configuration into a directory. */
export async function containersWorld(directory: string): Promise<ContainersWorld> {
  const file = (name: string): string => join(directory, name);
  await mkdir(file('home'), { recursive: true });
  await writeFile(file('containers.conf'), containersConf);
  await writeFile(file('registries.conf'), 'unqualified-search-registries = []\n');
  await writeFile(file('auth.json'), '{}');
  await writeFile(file('policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
  const env = cleanEnv({
    HOME: file('home'),
    TMPDIR: directory,
    CONTAINERS_CONF: file('containers.conf'),
    CONTAINERS_REGISTRIES_CONF: file('registries.conf'),
    REGISTRY_AUTH_FILE: file('auth.json'),
  });
  return { env, policyFile: file('policy.json') };
}

/** Runs `action` with a container store of its own in a temporary directory, and unmounts what it leaves. */
export async function withStore<T>(label: string, action: (store: StoreWorld) => Promise<T>): Promise<T> {
  await using directory = await tempDir(label);
  const world = await containersWorld(directory.path);
  const options = ['--root', directory.at('store'), '--runroot', directory.at('run'), '--storage-driver', 'overlay'];
  try {
    return await action({ ...world, options, directory: directory.path });
  } finally {
    // The store keeps its own directory mounted on itself.
    for (const point of await mountsUnder(directory.path)) await run(['umount', point]);
  }
}

export interface StoreWorld extends ContainersWorld {
  /** Global options of podman and buildah that name the store. */
  readonly options: readonly string[];
  readonly directory: string;
}

/** Where an image is, in the words of skopeo: `oci:DIR:latest`, `docker://HOST/NAME:TAG`, `docker-archive:FILE`. */
export type ImageLocation = string;

export interface SkopeoOptions {
  /** A directory with `ca.crt`, where a registry has a certificate. Plain HTTP is allowed without. */
  readonly certDir?: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** All images of an index. */
  readonly all?: boolean;
}

/** Copies an image by skopeo. */
export async function skopeoCopy(
  from: ImageLocation,
  to: ImageLocation,
  options: SkopeoOptions = {},
): Promise<RunResult> {
  await ensurePackages(['skopeo']);
  await using directory = await tempDir('skopeo');
  const world = await containersWorld(directory.path);
  const forSide = (side: 'src' | 'dest', location: ImageLocation): string[] => {
    if (!location.startsWith('docker://')) return [];
    const credentials =
      options.credentials === undefined
        ? []
        : [`--${side}-creds=${options.credentials.username}:${options.credentials.password}`];
    return [
      ...(options.certDir === undefined ? [`--${side}-tls-verify=false`] : [`--${side}-cert-dir=${options.certDir}`]),
      ...credentials,
    ];
  };
  const all = options.all === true ? ['--all'] : [];
  const flags = [
    '--policy',
    world.policyFile,
    'copy',
    '--quiet',
    ...all,
    ...forSide('src', from),
    ...forSide('dest', to),
  ];
  return await tryRun(['skopeo', ...flags, from, to], { env: world.env });
}

/** Unpacks an image of an OCI layout by umoci into `into/rootfs`; `into` must not exist. */
export async function umociUnpack(layout: string, into: string, tag = 'latest'): Promise<string> {
  await ensurePackages(['umoci']);
  await run(['umoci', 'unpack', '--image', `${layout}:${tag}`, into]);
  return join(into, 'rootfs');
}

/** Runs a command (the image's own if none is given) in a container by podman, on the host's network. */
export async function podmanRun(
  image: ImageLocation,
  command: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<RunResult> {
  await ensurePackages(['podman', 'runc', 'conmon']);
  return withStore('podman', async (store) => {
    const run = [
      'run',
      '--rm',
      '--network=host',
      '--tls-verify=false',
      `--signature-policy=${store.policyFile}`,
      ...flags,
      image,
      ...command,
    ];
    return tryRun(['podman', ...store.options, ...run], { env: store.env });
  });
}
