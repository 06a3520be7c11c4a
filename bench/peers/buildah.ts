/** Debian's buildah as root: native overlay, a layer for each instruction, chroot isolation. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { containersWorld } from '../../test/support/container-tools.ts';
import { run } from '../../test/support/process.ts';
import type { BuildRequest, Command, Peer, PeerStore } from './peer.ts';

export const buildah: Peer = {
  name: 'buildah',
  version: async () => (await run(['buildah', '--version'])).stdout.trim(),
  openStore,
};

/** What buildah remembers of blobs and registries lies there for root, whatever `--root` says. */
const memory = '/var/lib/containers/cache';

async function openStore(directory: string): Promise<PeerStore> {
  await mkdir(join(directory, 'memory'), { recursive: true });
  await mkdir(memory, { recursive: true });
  const world = await containersWorld(directory);
  const options = ['--root', join(directory, 'store'), '--runroot', join(directory, 'run'), '--storage-driver=overlay'];
  const program = `buildah ${options.join(' ')}`;
  const policy = `--signature-policy=${world.policyFile}`;
  // In a mount namespace of its own: nothing stays mounted, and every store has a memory of its own.
  const script = (text: string): Command => ({
    argv: ['unshare', '--mount', 'sh', '-ec', `mount --bind ${join(directory, 'memory')} ${memory}\n${text}`],
    env: world.env,
  });
  return {
    build: (request) => script(`${buildLine(program, policy, request)}\n${pushLine(program, policy, request)}`),
    takeIn: async (base) => [script(`${program} pull --quiet --tls-verify=false ${policy} ${base}`)],
  };
}

const buildLine = (program: string, policy: string, request: BuildRequest): string =>
  [
    `${program} build --isolation=chroot --layers --jobs=4 --format=oci --network=host --tls-verify=false ${policy}`,
    ...(request.noCache === true ? ['--no-cache'] : []),
    `--file ${request.dockerfile} --tag ${request.destination} ${request.context}`,
  ].join(' ');

const pushLine = (program: string, policy: string, { destination }: BuildRequest): string =>
  `${program} push --quiet --tls-verify=false ${policy} ${destination}`;
